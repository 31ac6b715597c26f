internal import HTTP
internal import Platform
internal import Portal
internal import Synchronization

/// Keeps the pages of staff up to date: one loop for all who watch.
///
/// It looks about once a second whether anything has changed at all, which costs a number; only then does it read, once for
/// each page that is watched, and sends each viewer what is different from what they have. A viewer who has not taken the
/// last message yet is passed over, and gets the sum of all changes later. Nobody watches, nothing runs.
final class LiveFeed: Sendable {
    private struct State {
        var viewers: [ObjectIdentifier: LiveViewer] = [:]
        var isRunning = false
        var loads: [SessionName: SessionLoad] = [:]
    }
    private let state = Mutex(State())
    private let service: PortalService
    private let log: Log
    private let pace: Duration

    /// Between two samples of what sessions take of the machine, in turns of the loop.
    private static let samplePace = 3
    /// Turns without a message after which a comment is sent, so that nobody on the way takes the line for dead, and that
    /// one that is dead is noticed.
    fileprivate static let heartbeat = 15

    static let headers: HTTPHeaders = [
        "Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no",
        "X-Content-Type-Options": "nosniff",
    ]

    /// - Parameter pace: one turn of the loop.
    init(_ service: PortalService, log: Log, pace: Duration = .seconds(1)) {
        self.service = service
        self.log = log
        self.pace = pace
    }

    var viewers: Int { state.withLock { $0.viewers.count } }

    /// What is known of what a page's sessions take, because somebody watches them.
    func loads(of model: AdminModel) -> [SessionName: SessionLoad] {
        state.withLock { state in
            guard !state.loads.isEmpty else { return [:] }
            return Dictionary(
                uniqueKeysWithValues: model.sessions.compactMap { line in
                    state.loads[line.name].map { (line.name, $0) }
                })
        }
    }

    func add(_ viewer: LiveViewer) {
        let begins = state.withLock { state in
            state.viewers[ObjectIdentifier(viewer)] = viewer
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if begins { Task.detached { await self.run() } }
    }

    func remove(_ viewer: LiveViewer) {
        state.withLock { _ = $0.viewers.removeValue(forKey: ObjectIdentifier(viewer)) }
    }

    private func run() async {
        var turn = 0
        while true {
            let viewers = state.withLock { state in
                if state.viewers.isEmpty {
                    state.isRunning = false
                    state.loads = [:]
                }
                return Array(state.viewers.values)
            }
            if viewers.isEmpty { return }
            do {
                try update(viewers)
                if turn % LiveFeed.samplePace == 0 { await sample(viewers) }
            } catch {
                // The store may be back at the next turn; meanwhile the viewers have what they had.
                log.error("the live view cannot be read", ("error", "\(error)"))
            }
            for viewer in viewers { viewer.beat(turn) }
            turn += 1
            try? await Task.sleep(for: pace)
        }
    }

    private func update(_ viewers: [LiveViewer]) throws {
        // Taken before reading: what changes in between is read once more.
        let version = service.administration.changes
        let now = service.clock.now()
        var models: [AdminView: AdminModel] = [:]
        for viewer in viewers {
            guard try service.entry.login(viewer.login)?.user?.kind == .staff else {
                viewer.end()
                continue
            }
            guard viewer.wants(version) else { continue }
            let model = try models[viewer.view] ?? AdminModel.read(viewer.view, from: service)
            models[viewer.view] = model
            viewer.show(model, version: version, loads: loads(of: model), now: now)
        }
    }

    private func sample(_ viewers: [LiveViewer]) async {
        let watched = Set(viewers.flatMap(\.measured))
        let loads = watched.isEmpty ? [:] : await service.administration.usage.sample(watched.sorted())
        state.withLock { $0.loads = loads }
        for viewer in viewers { viewer.show(loads) }
    }
}

/// One browser that watches.
final class LiveViewer: HTTPStreamSource {
    let view: AdminView
    let login: TokenDigest
    private let feed: LiveFeed
    private let state: Mutex<State>

    private struct State {
        var stream: (any HTTPStream)?
        /// What the browser shows already, by its fingerprint, before this has sent anything.
        var since: String?
        var model: AdminModel?
        var version: UInt64?
        /// As the browser shows them.
        var loads: [SessionName: SessionLoad] = [:]
        var lastSent = 0
        var hasSent = false

        mutating func send(_ text: String) {
            stream?.send(Array(text.utf8))
            hasSent = true
        }
    }

    init(_ feed: LiveFeed, _ view: AdminView, login: TokenDigest, since: String?) {
        self.feed = feed
        self.view = view
        self.login = login
        state = Mutex(State(since: since))
    }

    func opened(_ stream: any HTTPStream) {
        state.withLock { state in
            state.stream = stream
            // Milliseconds until a browser that lost the line tries again.
            state.send("retry: 3000\n\n")
        }
        feed.add(self)
    }

    func closed() {
        state.withLock { $0.stream = nil }
        feed.remove(self)
    }

    /// The browser is not signed in as staff any more.
    func end() { state.withLock { $0.stream }?.finish() }

    /// Whether there is something new for this viewer, and room for it.
    func wants(_ version: UInt64) -> Bool {
        state.withLock { $0.version != version && $0.stream?.pendingBytes == 0 }
    }

    /// Sessions on the page of which there is something to measure.
    var measured: [SessionName] {
        state.withLock { $0.model?.sessions.filter(\.isMeasured).map(\.name) ?? [] }
    }

    func show(_ model: AdminModel, version: UInt64, loads: [SessionName: SessionLoad], now: Timestamp) {
        state.withLock { state in
            // They may have stopped taking while this was read: it stays something new for them.
            guard state.stream?.pendingBytes == 0 else { return }
            state.version = version
            let old = state.model
            state.model = model
            if old == nil, let since = state.since, since == model.fingerprint { return }
            guard old != model else { return }
            let change = LiveMessage.change(from: old, to: model, view, loads: loads, now: now)
            state.send("id: \(model.fingerprint)\nevent: change\ndata: \(change.text)\n\n")
            // New rows came with what was known of their load, the others keep what they show.
            state.loads = LiveMessage.loadsShown(after: state.loads, from: old, to: model, loads)
        }
    }

    func show(_ loads: [SessionName: SessionLoad]) {
        state.withLock { state in
            guard state.stream?.pendingBytes == 0, let model = state.model else { return }
            let own = Dictionary(
                uniqueKeysWithValues: model.sessions.compactMap { line in loads[line.name].map { (line.name, $0) } })
            guard let change = LiveMessage.usage(from: state.loads, to: own) else { return }
            state.loads = own
            state.send("event: usage\ndata: \(change.text)\n\n")
        }
    }

    /// Once a turn: says something where nothing was said for long.
    func beat(_ turn: Int) {
        state.withLock { state in
            if state.hasSent {
                state.hasSent = false
                state.lastSent = turn
            } else if turn - state.lastSent >= LiveFeed.heartbeat {
                if state.stream?.pendingBytes == 0 { state.stream?.send(Array(":\n\n".utf8)) }
                state.lastSent = turn
            }
        }
    }
}

/// What is sent to a browser: only what is different from what it shows.
enum LiveMessage {
    /// - Parameter old: `nil` for a browser of which it is not known what it shows.
    static func change(
        from old: AdminModel?, to new: AdminModel, _ view: AdminView, loads: [SessionName: SessionLoad],
        now: Timestamp
    ) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("now", .int(Int(now.milliseconds))), .init("summary", .string(AdminPage.summary(new))),
        ]
        if view.owner == nil {
            let rows = part(
                old?.environments, new.environments, key: { "env-\($0.name)" }, html: AdminRows.environment)
            if let rows { members.append(.init("environments", rows)) }
        }
        let rows = part(
            old?.sessions, new.sessions, key: { "s-\($0.name)" },
            html: { AdminRows.session($0, load: loads[$0.name], now: now) })
        if let rows { members.append(.init("sessions", rows)) }
        let pager = AdminPage.pager(view, new)
        if old.map({ AdminPage.pager(view, $0) }) != pager { members.append(.init("pager", text(pager))) }
        return .object(members)
    }

    /// The rows that are new or different, and the order if that is.
    private static func part<Line: Equatable>(
        _ old: [Line]?, _ new: [Line], key: (Line) -> String, html: (Line) -> HTML
    ) -> JSONValue? {
        guard old != new else { return nil }
        var known: [String: Line] = [:]
        for line in old ?? [] { known[key(line)] = line }
        var rows: [JSONValue.Member] = []
        for line in new where known[key(line)] != line { rows.append(.init(key(line), text(html(line)))) }
        var members: [JSONValue.Member] = [.init("rows", .object(rows))]
        if old.map({ $0.map(key) }) != new.map(key) {
            members.append(.init("order", .array(new.map { .string(key($0)) })))
        }
        return .object(members)
    }

    /// What a browser shows of loads once it has got the change from one model to another.
    static func loadsShown(
        after shown: [SessionName: SessionLoad], from old: AdminModel?, to new: AdminModel,
        _ loads: [SessionName: SessionLoad]
    ) -> [SessionName: SessionLoad] {
        let known = Set(old?.sessions ?? [])
        var result: [SessionName: SessionLoad] = [:]
        for line in new.sessions { result[line.name] = known.contains(line) ? shown[line.name] : loads[line.name] }
        return result
    }

    /// `nil` when nothing is different.
    static func usage(from old: [SessionName: SessionLoad], to new: [SessionName: SessionLoad]) -> JSONValue? {
        func words(_ load: SessionLoad?) -> [String] {
            [
                load.map { PortalText.amount(bytes: $0.memory) } ?? PortalText.unknownValue,
                PortalText.percent(load?.processorPercent),
            ]
        }
        var members: [JSONValue.Member] = []
        for name in Set(old.keys).union(new.keys).sorted() where words(old[name]) != words(new[name]) {
            members.append(.init("s-\(name)", .array(words(new[name]).map { .string($0) })))
        }
        return members.isEmpty ? nil : .object(members)
    }

    private static func text(_ html: HTML) -> JSONValue { .string(String(decoding: html.bytes, as: UTF8.self)) }
}
