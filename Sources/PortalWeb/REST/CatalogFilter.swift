internal import HTTP
internal import Portal

/// What a client wants to see of the catalogue (spec/portal-http.md, section 3.2).
struct CatalogFilter: Sendable, Equatable {
    /// Resource or published names; none means all.
    var names: Set<String> = []
    /// Labels that must all be there with these values.
    var labels: [String: String] = [:]
    /// Whether the sessions are listed.
    var listsSessions = false
    var states: Set<EnvironmentState> = [.running]

    /// - Parameter isRobot: others get running environments without sessions, whatever they ask for.
    /// - Throws: `APIRefusal` for a label filter without a key, which would be taken for no filter at all.
    init(_ parameters: QueryParameters, isRobot: Bool) throws {
        var states: Set<EnvironmentState> = []
        for parameter in parameters.parameters {
            switch parameter.name {
            case "name": names.insert(parameter.value)
            case "sessions" where isRobot: listsSessions = CatalogFilter.isTrue(parameter.value)
            case "state" where isRobot:
                if let state = EnvironmentState(rawValue: parameter.value.lowercased()) { states.insert(state) }
            case let name where name.hasPrefix("labels"):
                guard let key = CatalogFilter.key(of: name) else {
                    throw APIRefusal.invalid("labels", PortalText.API.labelsNeedKey)
                }
                labels[key] = parameter.value
            default: break
            }
        }
        if !states.isEmpty { self.states = states }
    }

    /// `labels[key]`; a key holds any characters, or none.
    private static func key(of name: String) -> String? {
        guard name.hasPrefix("labels["), name.hasSuffix("]") else { return nil }
        return String(name.dropFirst(7).dropLast())
    }

    static func isTrue(_ text: String) -> Bool { text == "1" || text.lowercased() == "true" }

    func matches(_ item: CatalogItem) -> Bool {
        guard names.isEmpty || names.contains(item.environment.resource) || names.contains(item.environment.workshop)
        else { return false }
        return labels.allSatisfy { item.labels[$0.key] == $0.value } && states.contains(item.environment.state)
    }

    /// Whether all that runs is wanted, without sessions: what nearly everybody asks for.
    var isPlain: Bool { names.isEmpty && labels.isEmpty && states == [.running] && !listsSessions }
}
