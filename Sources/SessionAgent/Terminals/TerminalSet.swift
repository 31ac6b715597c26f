internal import HTTP
internal import Platform
internal import Synchronization

/// The terminals of a session by their names. A shell starts when somebody looks at it for the first time.
final class TerminalSet: Sendable {
    /// Whose terminal it is. Staff get shells of their own, so that they do not type into the learner's.
    private struct Key: Hashable {
        /// Empty for the learner's own.
        let guest: String
        let name: TerminalName
    }

    /// Names of the terminals that the layout shows (spec/dashboard.md section 4).
    let ids: [String]
    private let manifest: SessionManifest
    private let limits: SessionManifest.TerminalLimits
    private let events: EventReporter
    private let setup: WorkshopSetup
    private let log: Log
    private let loop = DescriptorLoop()
    private let terminals = Mutex<[Key: Terminal]>([:])

    init(manifest: SessionManifest, events: EventReporter, setup: WorkshopSetup, log: Log) {
        self.events = events
        self.setup = setup
        self.manifest = manifest
        self.log = log
        limits = manifest.terminalLimits ?? SessionManifest.TerminalLimits()
        ids = WorkArea.terminals(layout: manifest.terminalLayout)
    }

    /// The terminal that a visitor means, made when it is not there; `nil` when there are too many. Learner and guests are
    /// counted apart, so that neither takes the other's places.
    func terminal(_ name: TerminalName, for visitor: Visitor, owner: String?) -> Terminal? {
        let isGuest = visitor.isStaff && visitor.user != owner
        let key = Key(guest: isGuest ? visitor.user : "", name: name)
        return terminals.withLock { terminals in
            if let known = terminals[key] { return known }
            let others = terminals.filter { $0.key.guest.isEmpty != isGuest }
            if others.count >= limits.count {
                // One that nobody looks at and where nothing runs makes room.
                guard let unused = others.first(where: { $0.value.isUnused }) else { return nil }
                terminals[unused.key] = nil
            }
            let manifest = manifest
            let onExit: @Sendable () -> Void = { [events] in if !isGuest { events.terminal("Exited", name.text) } }
            let new = Terminal(ringLimit: limits.scrollback, loop: loop, setup: setup, log: log, onExit: onExit) {
                [setup] in ShellCommand(terminal: name.text, manifest: manifest, added: setup.added)
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
