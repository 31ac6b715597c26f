/// Finds the environment that a link means.
///
/// A link may carry an environment's name, a workshop's published name, or its resource name. Environments are replaced
/// now and then while links live for ever, so the name of an old one leads to its successor: the environment with the same
/// published name that takes visitors.
public enum EnvironmentLookup {
    /// - Returns: the environment to launch in, in any state; `nil` when nothing ever had that name.
    public static func find(_ name: String, in store: any PortalReader) throws -> WorkshopEnvironment? {
        guard let exact = try EnvironmentName(rawValue: name).flatMap(store.environment) else {
            return choose(try store.environments(), published: name)
        }
        if exact.state == .running || exact.state == .starting { return exact }
        return choose(try store.environments(), published: exact.workshop, resource: false) ?? exact
    }

    private static func choose(
        _ environments: [WorkshopEnvironment], published name: String, resource: Bool = true
    ) -> WorkshopEnvironment? {
        best(environments.filter { $0.workshop == name })
            ?? (resource ? best(environments.filter { $0.resource == name }) : nil)
    }

    /// One that runs, before one that will, before one that did.
    private static func best(_ candidates: [WorkshopEnvironment]) -> WorkshopEnvironment? {
        for state in [EnvironmentState.running, .starting, .stopping] {
            if let match = candidates.first(where: { $0.state == state }) { return match }
        }
        return nil
    }
}
