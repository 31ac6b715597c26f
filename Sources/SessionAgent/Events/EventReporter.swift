internal import HTTP
internal import Platform
internal import Synchronization

/// Tells the portal what happens in the session (spec/portal-lifecycle.md, section 9), in order, beside everything else:
/// reporting never waits, and what a person waits for goes first on the thread that both use.
///
/// What the portal cannot take now waits for the next event, or for the next sign of life of an open page; there is room
/// for a limited number, and then the oldest are forgotten.
final class EventReporter: Sendable {
    /// Events that may wait.
    static let limit = 64
    /// Seconds that a person may have to wait for the portal because of an event that is being told.
    static let timeout = 2.0

    struct Event: Sendable, Equatable {
        let name: String
        let data: JSONValue
    }

    private struct State {
        var waiting: [Event] = []
        var token: String?
        var isSending = false
        var hasStarted = false
        var page: InstructionLibrary.Rendered?
        /// When the session ends, on the clock of `clock`.
        var end: Timestamp?
        var hasExpired = false
    }

    private let portal: PortalAPI
    private let worker: PortalWorker
    private let clock: WallClock
    private let log: Log
    private let state = Mutex(State())

    init(portal: PortalAPI, worker: PortalWorker, clock: WallClock, log: Log) {
        self.portal = portal
        self.worker = worker
        self.clock = clock
        self.log = log
    }

    // MARK: What happens

    /// The session's owner has come in, with a token that speaks for the session.
    func entered(token: String) {
        state.withLock { $0.token = token }
        send()
    }

    /// The owner opened the dashboard, on this page of the instructions if there are any.
    func opened(_ page: InstructionLibrary.Rendered?) {
        let isFirst = state.withLock { state in
            defer { state.hasStarted = true }
            return !state.hasStarted
        }
        report("Workshop/Load")
        if isFirst { report("Workshop/Start") }
        if let page { viewed(page) }
    }

    /// The owner opened a page of the instructions.
    func viewed(_ page: InstructionLibrary.Rendered) {
        state.withLock { $0.page = page }
        let data = EventReporter.data(of: page)
        if page.previous == nil { report("Workshop/First", data) }
        report("Workshop/View", data)
        if page.next == nil { report("Workshop/Last", data) }
    }

    func terminal(_ happened: String, _ id: String) {
        report("Terminal/\(happened)", ["terminal_id": .string(id)])
    }

    /// The owner clicked an action that its author wants to hear of.
    /// - Parameter event: what its author wants to hear: any value (spec/dashboard.md section 6).
    func acted(_ event: JSONValue) {
        var members: [JSONValue.Member] = []
        if let page = state.withLock({ $0.page }), case .object(let known) = EventReporter.data(of: page) {
            members = known
        }
        members.append(.init("event_name", event))
        report("Action/Event", .object(members))
    }

    func failed(_ problem: String) { report("Workshop/Error", ["error": .string(problem)]) }

    /// The portal said how much time is left.
    func heard(schedule: [UInt8]) {
        guard let answer = JSONValue(parsing: schedule) else { return }
        if ["stopping", "stopped"].contains(answer["status"]?.string?.lowercased()) { return isOver() }
        let end = answer["countdown"]?.int.map { clock.now().advanced(bySeconds: $0) }
        state.withLock { $0.end = end }
    }

    /// The portal said that the session is over: if its time was, that is worth telling.
    func isOver() {
        let now = clock.now()
        let hasExpired = state.withLock { state in
            guard !state.hasExpired, let end = state.end, end <= now.advanced(bySeconds: 2) else { return false }
            state.hasExpired = true
            return true
        }
        if hasExpired { report("Workshop/Expired") }
    }

    private static func data(of page: InstructionLibrary.Rendered) -> JSONValue {
        func name(_ page: InstructionPage?) -> JSONValue { page.map { .string($0.id) } ?? .null }
        return [
            "prev_page": name(page.previous), "current_page": .string(page.page.id), "next_page": name(page.next),
            "page_number": .int(page.step), "pages_total": .int(page.count),
        ]
    }

    // MARK: Telling

    func report(_ name: String, _ data: JSONValue = .object([])) {
        let isFull = state.withLock { state in
            let isFull = state.waiting.count >= EventReporter.limit
            if isFull { state.waiting.removeFirst() }
            state.waiting.append(Event(name: name, data: data))
            return isFull
        }
        if isFull { log.debug("an event is forgotten, the portal does not take any") }
        send()
    }

    /// Tries again what waits, if anything does.
    func send() {
        let begins = state.withLock { state in
            guard !state.isSending, !state.waiting.isEmpty, state.token != nil else { return false }
            state.isSending = true
            return true
        }
        if begins { sendLater() }
    }

    private func sendLater() {
        let isAccepted = worker.runLater { [self] in
            if sendOne() { sendLater() } else { state.withLock { $0.isSending = false } }
        }
        if !isAccepted { state.withLock { $0.isSending = false } }
    }

    /// On the worker's thread, before the session ends: what waits, and how the learner left.
    func sendEverything() {
        let isFinished = state.withLock { $0.page.map { $0.next == nil } ?? false }
        state.withLock {
            $0.waiting.append(Event(name: isFinished ? "Workshop/Finish" : "Workshop/Terminate", data: .object([])))
        }
        while sendOne() {}
    }

    /// - Returns: whether there may be another one to send now.
    private func sendOne() -> Bool {
        let (event, token) = state.withLock { ($0.waiting.first, $0.token) }
        guard let event, let token else { return false }
        switch portal.report(event.name, data: event.data, token: token, timeout: EventReporter.timeout) {
        case .taken: break
        case .notNow: return false
        case .refused:
            // Until somebody comes in again.
            state.withLock { if $0.token == token { $0.token = nil } }
            return false
        }
        return state.withLock { state in
            // It may have been forgotten meanwhile.
            if state.waiting.first == event { state.waiting.removeFirst() }
            return !state.waiting.isEmpty
        }
    }
}
