/// Which events a change amounts to. They follow from what was and what is, so that each is told once, whoever made the
/// change (spec/portal-lifecycle.md, section 9).
enum EventNames {
    /// - Parameter old: `nil` for a session that is new.
    static func ofSession(from old: WorkshopSession?, to new: WorkshopSession) -> [String] {
        var names: [String] = []
        if old == nil { names.append("Session/Created") }
        // Offered to somebody, to be activated. A second link for the same offer is no second offer.
        if old?.owner == nil, new.owner != nil, new.activation != nil { names.append("Session/Pending") }
        if old?.started == nil, new.started != nil { names.append("Session/Started") }
        if let old, old.state == .running, new.state == .running, let before = old.expires,
            new.expires.map({ $0 > before }) ?? true
        {
            names.append("Session/Extended")
        }
        if !isOver(old), isOver(new) { names.append(ofEnd(new.end ?? .vanished)) }
        if old?.state != .stopped, new.state == .stopped, new.owner != nil { names.append("Session/Deleted") }
        return names
    }

    private static func isOver(_ session: WorkshopSession?) -> Bool {
        session?.state == .stopping || session?.state == .stopped
    }

    private static func ofEnd(_ end: SessionEnd) -> String {
        switch end {
        case .deleted, .terminated, .startFailed: "Session/Stopping"
        case .released: "Session/Terminate"
        case .expired, .notActivated: "Session/Expired"
        case .orphaned: "Session/Orphaned"
        case .vanished: "Session/Vanished"
        }
    }

    /// - Parameter old: `nil` for an environment that is new.
    static func ofEnvironment(from old: EnvironmentState?, to new: EnvironmentState) -> [String] {
        func isOver(_ state: EnvironmentState?) -> Bool { state == .stopping || state == .stopped }
        var names: [String] = []
        if old == nil { names.append("Environment/Created") }
        if !isOver(old), isOver(new) { names.append("Environment/Terminate") }
        if old != .stopped, new == .stopped { names.append("Environment/Deleted") }
        return names
    }
}
