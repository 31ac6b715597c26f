import Platform

/// Which sandbox to start or stop next. Events in, actions out; no clock, no I/O.
///
/// It knows of every sandbox that may exist and keeps the promise of `SessionAllocation`: a start is begun only while the
/// sandboxes of the environment are fewer than its capacity and those of the portal fewer than its maximum. A sandbox takes
/// its place from the moment its start is begun (or it was found to exist) until its stop has returned.
///
/// Learners come first: owned sessions before reserved ones, and reserved ones never use all the starts that may run at
/// once. Otherwise first come, first served.
struct SandboxQueue: Sendable {
    enum Action: Sendable, Equatable {
        case start(SessionName)
        /// The session under way is no longer wanted; its start should return soon.
        case cancelStart(SessionName)
        case stop(SessionName)
    }

    /// What may happen at once, and where.
    struct Limits: Sendable {
        /// Starts under way at most, and how many of them may be for reserved sessions.
        var starts = 4
        var reservedStarts = 2
        var stops = 4
        /// Failed starts after which a session that somebody waits for is given up.
        var attempts = 2
        /// The portal's maximum; 0 means none.
        var maximum = 0
        /// Capacity of every environment whose content is ready; sessions of others are not started.
        var capacity: [EnvironmentName: Int] = [:]
    }

    private enum Phase: Equatable {
        /// Waits for a place or its turn.
        case queued
        case starting(since: Timestamp)
        case up
        /// Its start failed; what is left of it is removed before the next attempt.
        case cleaning
        /// Is to be gone for good.
        case stopping
    }

    private struct Sandbox {
        let environment: EnvironmentName
        var isOwned: Bool
        var phase: Phase
        var takesPlace = false
        var failedStarts = 0
        var failedStops = 0
        var isStopUnderWay = false
        /// A stop was asked for while the start was under way.
        var isUnwanted = false
    }

    private var sandboxes: [SessionName: Sandbox] = [:]
    private var places: [EnvironmentName: Int] = [:]
    /// Sandboxes that may exist.
    private(set) var placesTaken = 0
    private var owned = Line()
    private var reserved = Line()
    private var stops = Line()
    private var startsUnderWay = 0
    private var reservedStartsUnderWay = 0
    private var stopsUnderWay = 0
    private var delayed: [SessionName: Timestamp] = [:]
    private var cancellations: [SessionName] = []

    /// Sandboxes of the environment that may exist.
    func placesTaken(in environment: EnvironmentName) -> Int { places[environment] ?? 0 }

    func knows(_ session: SessionName) -> Bool { sandboxes[session] != nil }

    /// Whether the sandbox is believed to run and nothing is being done to it.
    func isUp(_ session: SessionName) -> Bool { sandboxes[session]?.phase == .up }

    /// Sandboxes that are believed to run.
    var up: [SessionName] { sandboxes.filter { $0.value.phase == .up }.map(\.key).sorted() }

    func step(of session: SessionName) -> SessionProgress.Step? {
        switch sandboxes[session]?.phase {
        case .queued, .cleaning: .waiting
        case .starting(let since): .starting(since: since)
        case .up: .ready
        case .stopping, nil: nil
        }
    }

    // MARK: Wishes

    /// A session is to be started.
    /// - Parameter mayExist: a crash may have left something of it behind, so that it takes a place already.
    mutating func wantStart(
        _ session: SessionName, in environment: EnvironmentName, isOwned: Bool, mayExist: Bool = false
    ) {
        guard sandboxes[session] == nil else { return }
        sandboxes[session] = Sandbox(environment: environment, isOwned: isOwned, phase: .queued)
        if mayExist { takePlace(session) }
        enqueue(session)
    }

    /// A sandbox was found running.
    mutating func adopt(_ session: SessionName, in environment: EnvironmentName, isOwned: Bool) {
        guard sandboxes[session] == nil else { return }
        sandboxes[session] = Sandbox(environment: environment, isOwned: isOwned, phase: .up)
        takePlace(session)
    }

    /// A reserved session has an owner now: somebody waits for it.
    mutating func claim(_ session: SessionName) {
        guard var sandbox = sandboxes[session], !sandbox.isOwned else { return }
        sandbox.isOwned = true
        sandboxes[session] = sandbox
        switch sandbox.phase {
        case .queued: if delayed[session] == nil { enqueue(session) }
        case .starting: reservedStartsUnderWay -= 1
        case .up, .cleaning, .stopping: break
        }
    }

    /// A session is to be gone.
    /// - Parameter mayExist: for one not heard of before: whether something of it may be left.
    mutating func wantStop(_ session: SessionName, in environment: EnvironmentName, mayExist: Bool = true) {
        guard var sandbox = sandboxes[session] else {
            sandboxes[session] = Sandbox(environment: environment, isOwned: false, phase: .stopping)
            if mayExist { takePlace(session) }
            stops.append(session)
            return
        }
        switch sandbox.phase {
        case .stopping: return
        case .starting:
            guard !sandbox.isUnwanted else { return }
            sandbox.isUnwanted = true
            cancellations.append(session)
        case .cleaning where sandbox.isStopUnderWay: sandbox.phase = .stopping
        case .queued, .up, .cleaning:
            sandbox.phase = .stopping
            delayed[session] = nil
            stops.append(session)
        }
        sandboxes[session] = sandbox
    }

    // MARK: What happened

    enum StartVerdict: Equatable {
        case up
        /// Will be tried again.
        case again
        /// Failed for good: the session must be ended.
        case failed
        /// Nobody wants it any more; it is being stopped.
        case unwanted
    }

    enum StartResult {
        case succeeded, failed, /** It runs, but that could not be recorded: ask again. */
            unrecorded
    }

    mutating func startEnded(_ session: SessionName, _ result: StartResult, now: Timestamp, attempts: Int)
        -> StartVerdict
    {
        guard var sandbox = sandboxes[session], case .starting = sandbox.phase else { return .unwanted }
        startsUnderWay -= 1
        if !sandbox.isOwned { reservedStartsUnderWay -= 1 }
        defer { sandboxes[session] = sandbox }
        if sandbox.isUnwanted {
            sandbox.phase = .stopping
            stops.append(session)
            return .unwanted
        }
        switch result {
        case .succeeded:
            sandbox.phase = .up
            sandbox.failedStarts = 0
            return .up
        case .unrecorded:
            sandbox.phase = .queued
            delayed[session] = now.advanced(bySeconds: 1)
            return .again
        case .failed:
            sandbox.failedStarts += 1
            if sandbox.isOwned && sandbox.failedStarts < attempts {
                sandbox.phase = .cleaning
                stops.append(session)
                return .again
            }
            // The session is ended by its owner's reconciler, which then wants it stopped.
            sandbox.phase = .up
            return .failed
        }
    }

    /// A session that had failed could not be ended on record: its start is tried again, so that it is not forgotten.
    mutating func startAgain(_ session: SessionName, now: Timestamp) {
        guard sandboxes[session]?.phase == .up else { return }
        sandboxes[session]?.phase = .queued
        delayed[session] = now.advanced(bySeconds: 1)
    }

    enum StopVerdict: Equatable {
        /// Nothing of it is left, its place is free.
        case gone
        /// Will be tried again.
        case again
    }

    /// - Parameter succeeded: nothing is left, and that is on record.
    mutating func stopEnded(_ session: SessionName, succeeded: Bool, now: Timestamp) -> StopVerdict {
        guard var sandbox = sandboxes[session], sandbox.isStopUnderWay else { return .gone }
        stopsUnderWay -= 1
        sandbox.isStopUnderWay = false
        guard succeeded else {
            sandbox.failedStops += 1
            sandboxes[session] = sandbox
            delayed[session] = now.advanced(bySeconds: min(60, 1 << min(sandbox.failedStops - 1, 6)))
            return .again
        }
        leavePlace(&sandbox)
        guard sandbox.phase == .cleaning else {
            sandboxes[session] = nil
            return .gone
        }
        sandbox.phase = .queued
        sandbox.failedStops = 0
        sandboxes[session] = sandbox
        enqueue(session)
        return .again
    }

    /// Whether this stop, once done, ends the session for good; otherwise it only clears the way for another attempt.
    func isFinalStop(_ session: SessionName) -> Bool { sandboxes[session]?.phase != .cleaning }

    // MARK: What next

    /// Takes the actions that may begin now. Each `start` and `stop` must be answered by `startEnded` or `stopEnded`.
    mutating func next(_ limits: Limits, now: Timestamp) -> [Action] {
        for (session, moment) in delayed.sorted(by: { ($0.value, $0.key) < ($1.value, $1.key) }) where moment <= now {
            delayed[session] = nil
            enqueue(session)
        }
        var actions = cancellations.map(Action.cancelStart)
        cancellations = []
        while stopsUnderWay < limits.stops {
            let found = stops.search { isNoStop($0) ? .stale : .eligible }
            guard let session = stops.take(found) else { break }
            sandboxes[session]?.isStopUnderWay = true
            stopsUnderWay += 1
            actions.append(.stop(session))
        }
        while startsUnderWay < limits.starts {
            let found = owned.search { standing(of: $0, isOwned: true, limits) }
            guard let session = owned.take(found) else { break }
            begin(session, now: now)
            actions.append(.start(session))
        }
        while startsUnderWay < limits.starts, reservedStartsUnderWay < limits.reservedStarts {
            let found = reserved.search { standing(of: $0, isOwned: false, limits) }
            guard let session = reserved.take(found) else { break }
            begin(session, now: now)
            actions.append(.start(session))
        }
        return actions
    }

    /// When a delayed attempt is due.
    var nextDue: Timestamp? { delayed.values.min() }

    private mutating func begin(_ session: SessionName, now: Timestamp) {
        guard var sandbox = sandboxes[session] else { return }
        sandbox.phase = .starting(since: now)
        sandboxes[session] = sandbox
        takePlace(session)
        startsUnderWay += 1
        if !sandbox.isOwned { reservedStartsUnderWay += 1 }
    }

    private func standing(of session: SessionName, isOwned: Bool, _ limits: Limits) -> Line.Standing {
        guard let sandbox = sandboxes[session], sandbox.phase == .queued, sandbox.isOwned == isOwned,
            delayed[session] == nil
        else { return .stale }
        guard let capacity = limits.capacity[sandbox.environment] else { return .blocked }
        if sandbox.takesPlace { return .eligible }
        let hasRoom =
            placesTaken(in: sandbox.environment) < capacity && (limits.maximum == 0 || placesTaken < limits.maximum)
        return hasRoom ? .eligible : .blocked
    }

    private func isNoStop(_ session: SessionName) -> Bool {
        guard let sandbox = sandboxes[session], !sandbox.isStopUnderWay else { return true }
        return sandbox.phase != .stopping && sandbox.phase != .cleaning
    }

    private mutating func enqueue(_ session: SessionName) {
        guard let sandbox = sandboxes[session] else { return }
        switch sandbox.phase {
        case .queued where sandbox.isOwned: owned.append(session)
        case .queued: reserved.append(session)
        case .cleaning, .stopping: stops.append(session)
        case .starting, .up: break
        }
    }

    private mutating func takePlace(_ session: SessionName) {
        guard let sandbox = sandboxes[session], !sandbox.takesPlace else { return }
        sandboxes[session]?.takesPlace = true
        places[sandbox.environment, default: 0] += 1
        placesTaken += 1
    }

    private mutating func leavePlace(_ sandbox: inout Sandbox) {
        guard sandbox.takesPlace else { return }
        sandbox.takesPlace = false
        placesTaken -= 1
        let left = placesTaken(in: sandbox.environment) - 1
        places[sandbox.environment] = left > 0 ? left : nil
    }
}

/// Names in the order in which they came. Those that have become stale are dropped when they are met; those that may not go
/// yet keep their place.
private struct Line: Sendable {
    enum Standing { case eligible, blocked, stale }
    struct Found {
        var eligible: Int?
        var stale: [Int] = []
    }

    private var items: [SessionName?] = []
    private var head = 0

    mutating func append(_ name: SessionName) { items.append(name) }

    /// Looks for the first that may go.
    func search(_ standing: (SessionName) -> Standing) -> Found {
        var found = Found()
        for index in head..<items.count {
            guard let name = items[index] else { continue }
            switch standing(name) {
            case .blocked: break
            case .stale: found.stale.append(index)
            case .eligible:
                found.eligible = index
                return found
            }
        }
        return found
    }

    /// Takes what was just found.
    mutating func take(_ found: Found) -> SessionName? {
        for index in found.stale { items[index] = nil }
        let taken = found.eligible.flatMap { items[$0] }
        if let index = found.eligible { items[index] = nil }
        while head < items.count, items[head] == nil { head += 1 }
        if head == items.count {
            items.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 64 && head > items.count / 2 {
            items.removeFirst(head)
            head = 0
        }
        return taken
    }
}
