public import Platform

/// An environment's name: `<portal>-w01`.
public struct EnvironmentName: Hashable, Sendable, RawRepresentable, CustomStringConvertible, Comparable {
    public let rawValue: String
    /// Takes a DNS label short enough that a session's suffix still fits into 63 characters: at most 56.
    public init?(rawValue: String) {
        guard isDNSLabel(rawValue), rawValue.utf8.count <= 56 else { return nil }
        self.rawValue = rawValue
    }
    /// - Parameter rawValue: a text that is known to fit.
    init(unchecked rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }
    public static func < (left: EnvironmentName, right: EnvironmentName) -> Bool { left.rawValue < right.rawValue }
}

/// Where an environment stands (spec/portal-lifecycle.md, section 3). It only moves forward.
public enum EnvironmentState: String, Sendable, CaseIterable {
    /// Its workshop's content is being made ready.
    case starting
    /// Sessions can be started in it.
    case running
    /// Takes no more visitors; allocated sessions run on until they end.
    case stopping
    /// No session is left.
    case stopped
}

/// Limits and timers of one environment, after defaults and clamping (spec/portal-lifecycle.md, section 5).
public struct EnvironmentLimits: Sendable, Equatable {
    /// Sessions at most, reserved ones included. 0 means none can be started.
    public var capacity: Int
    /// Sessions to have ready when the environment starts. 0 means none before the first visitor.
    public var initial: Int
    /// Sessions to keep ready.
    public var reserved: Int
    /// Seconds a session lives from allocation or activation. 0 means for ever.
    public var expires: Int
    /// Seconds an extension adds, at least 300. 0 means the 25 % rule.
    public var overtime: Int
    /// Seconds from `started` after which no extension helps; at least `expires`.
    public var deadline: Int
    /// Seconds without the learner after which a session ends. 0 means off.
    public var orphaned: Int
    /// Seconds within which a session must be ready. 0 means no limit.
    public var overdue: Int
    /// Seconds after which the environment is replaced. 0 means off.
    public var refresh: Int

    public init(
        capacity: Int, initial: Int, reserved: Int, expires: Int = 0, overtime: Int = 0, deadline: Int = 0,
        orphaned: Int = 0, overdue: Int = 0, refresh: Int = 0
    ) {
        self.capacity = capacity
        self.initial = initial
        self.reserved = reserved
        self.expires = expires
        self.overtime = overtime
        self.deadline = deadline
        self.orphaned = orphaned
        self.overdue = overdue
        self.refresh = refresh
    }
}

/// A workshop made ready to be started in this portal.
public struct WorkshopEnvironment: Sendable, Equatable {
    public let name: EnvironmentName
    /// The number in the name: counts up over all workshops of the portal, never used twice.
    public let number: Int
    /// The published name: the entry's alias, or the workshop's resource name.
    public let workshop: String
    /// The `Workshop` resource's name.
    public let resource: String
    /// A digest of the workshop's definition: a changed one replaces the environment where updates are on.
    public let revision: String
    public var state: EnvironmentState
    /// 1-based place in the catalogue.
    public var position: Int
    public var limits: EnvironmentLimits
    public let created: Timestamp
    /// The number that its next session gets.
    public var nextSession: Int
    /// How many sessions were ever made in it (for `initial`, spec/portal-lifecycle.md, section 5).
    public var sessionsMade: Int { nextSession - 1 }
    /// Why it cannot start, for the catalogue and the log. `nil` when nothing is wrong.
    public var problem: String?

    public init(
        name: EnvironmentName, number: Int, workshop: String, resource: String, revision: String,
        state: EnvironmentState, position: Int, limits: EnvironmentLimits, created: Timestamp, nextSession: Int = 1,
        problem: String? = nil
    ) {
        self.name = name
        self.number = number
        self.workshop = workshop
        self.resource = resource
        self.revision = revision
        self.state = state
        self.position = position
        self.limits = limits
        self.created = created
        self.nextSession = nextSession
        self.problem = problem
    }
}
