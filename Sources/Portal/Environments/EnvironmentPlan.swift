public import Platform

/// What to do so that the environments are as the definitions want them (spec/portal-lifecycle.md, sections 3 and 8).
/// Values in, values out.
public struct EnvironmentPlan: Sendable, Equatable {
    /// An environment that should exist.
    public struct Wanted: Sendable, Equatable {
        public var entry: PortalWorkshop
        /// 1-based place in the catalogue.
        public var position: Int
        /// The revision of its workshop.
        public var revision: String
    }

    /// Environments to make.
    public var create: [Wanted] = []
    /// Environments that get new limits or another position, as they should be.
    public var update: [WorkshopEnvironment] = []
    /// Environments that take no more visitors: removed from the portal, or replaced by one of `create`.
    public var stop: [EnvironmentName] = []
    /// Stopping environments in which no session is left.
    public var finish: [EnvironmentName] = []
    /// Entries whose `Workshop` was not given. An environment that such an entry already has is left to run.
    public var missing: [String] = []
    /// When the next environment reaches its refresh age.
    public var nextRefresh: Timestamp?

    public var isEmpty: Bool { create.isEmpty && update.isEmpty && stop.isEmpty && finish.isEmpty }

    /// - Parameters:
    ///   - definitions: what should be. Of two entries with one published name, the first counts.
    ///   - environments: what is: every environment that is not stopped, by position.
    ///   - refreshed: one that staff wants replaced, whatever its age.
    ///   - isEmpty: whether no session of a stopping environment is left; asked only for those.
    public static func plan(
        _ definitions: PortalDefinitions, _ environments: [WorkshopEnvironment], now: Timestamp,
        refreshed: EnvironmentName? = nil, isEmpty: (EnvironmentName) throws -> Bool
    ) rethrows -> EnvironmentPlan {
        var plan = EnvironmentPlan()
        var current: [String: WorkshopEnvironment] = [:]
        for environment in environments where environment.state == .starting || environment.state == .running {
            // Two of one name can only be left over from a damaged store: the newer one stays.
            if let other = current[environment.workshop] {
                plan.stop.append(min(other.number, environment.number) == other.number ? other.name : environment.name)
                if other.number > environment.number { continue }
            }
            current[environment.workshop] = environment
        }
        var seen: Set<String> = []
        for (index, entry) in definitions.portal.workshops.enumerated() where seen.insert(entry.publishedName).inserted
        {
            let definition = definitions.workshops[entry.name]
            if definition == nil { plan.missing.append(entry.name) }
            let old = current.removeValue(forKey: entry.publishedName)
            if let old {
                let reason = definition.flatMap {
                    old.name == refreshed
                        ? .asked : replacement(of: old, by: entry, $0, definitions.portal, now: now)
                }
                guard reason != nil else {
                    plan.keep(old, entry, position: index + 1)
                    continue
                }
                plan.stop.append(old.name)
            }
            if let definition {
                plan.create.append(Wanted(entry: entry, position: index + 1, revision: definition.revision))
            }
        }
        plan.stop += current.values.sorted { $0.number < $1.number }.map(\.name)
        for environment in environments where environment.state == .stopping {
            if try isEmpty(environment.name) { plan.finish.append(environment.name) }
        }
        return plan
    }

    private mutating func keep(_ old: WorkshopEnvironment, _ entry: PortalWorkshop, position: Int) {
        var new = old
        new.position = position
        new.limits = entry.limits
        if new != old { update.append(new) }
        if entry.limits.refresh > 0 {
            let due = old.created.advanced(bySeconds: entry.limits.refresh)
            nextRefresh = min(nextRefresh ?? due, due)
        }
    }

    private enum Reason { case otherWorkshop, changed, age, asked }

    private static func replacement(
        of old: WorkshopEnvironment, by entry: PortalWorkshop, _ definition: WorkshopDefinition,
        _ portal: TrainingPortalDefinition, now: Timestamp
    ) -> Reason? {
        if old.resource != entry.name { return .otherWorkshop }
        if portal.replacesEnvironmentsOnWorkshopUpdate && old.revision != definition.revision { return .changed }
        let refresh = entry.limits.refresh
        if refresh > 0 && old.created.advanced(bySeconds: refresh) <= now { return .age }
        return nil
    }
}
