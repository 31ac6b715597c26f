internal import HTTP
internal import Platform
internal import Synchronization

/// The terminals of a session by their ids. A shell starts when somebody looks at it for the first time.
final class TerminalSet: Sendable {
    /// How many terminals a session may have, staff's own ones included.
    static let limit = 12

    /// Ids of the terminals that a layout shows (spec/dashboard.md section 4).
    let ids: [String]
    private let manifest: SessionManifest
    private let ringLimit: Int
    private let events: EventReporter
    private let log: Log
    private let loop = DescriptorLoop()
    private let terminals = Mutex<[String: Terminal]>([:])

    init(manifest: SessionManifest, ringLimit: Int, events: EventReporter, log: Log) {
        self.events = events
        self.manifest = manifest
        self.ringLimit = ringLimit
        self.log = log
        ids = TerminalSet.ids(layout: manifest.terminalLayout)
    }

    static func ids(layout: String) -> [String] {
        switch layout {
        case "none": []
        case "split": ["1", "2"]
        case "split/2": ["1", "2", "3"]
        default: ["1"]
        }
    }

    /// The terminal that a visitor means. Staff get shells of their own, so that they do not type into the learner's.
    func terminal(_ id: String, for visitor: Visitor, owner: String?) -> Terminal? {
        guard ids.contains(id) else { return nil }
        let isGuest = visitor.isStaff && visitor.user != owner
        let key = isGuest ? "\(visitor.user):\(id)" : id
        return terminals.withLock { terminals in
            if let known = terminals[key] { return known }
            guard terminals.count < TerminalSet.limit else { return nil }
            let manifest = manifest
            let onExit: @Sendable () -> Void = { [events] in if !isGuest { events.terminal("Exited", id) } }
            let new = Terminal(ringLimit: ringLimit, loop: loop, log: log, onExit: onExit) {
                ShellCommand(terminal: id, manifest: manifest)
            }
            terminals[key] = new
            return new
        }
    }

    func start() { loop.start() }

    /// Ends every shell and the thread that serves them.
    func stop() {
        let all = terminals.withLock { terminals in
            defer { terminals = [:] }
            return Array(terminals.values)
        }
        if !all.isEmpty { loop.run { for terminal in all { terminal.close() } } }
        loop.stop()
    }
}
