internal import Platform

/// Requests that are held until a session is ready. Each is answered exactly once.
struct ReadinessWaiters: Sendable {
    typealias Completion = @Sendable (SessionReadiness) -> Void

    private struct Waiter: Sendable {
        let id: UInt64
        let until: Timestamp
        let completion: Completion
    }
    private var waiters: [SessionName: [Waiter]] = [:]
    private var lastID: UInt64 = 0
    /// Not later than the first deadline.
    private(set) var nextDue: Timestamp?

    mutating func add(_ session: SessionName, until: Timestamp, _ completion: @escaping Completion) -> UInt64 {
        lastID += 1
        waiters[session, default: []].append(Waiter(id: lastID, until: until, completion: completion))
        nextDue = min(nextDue ?? until, until)
        return lastID
    }

    /// Takes one waiter back, if it has not been answered.
    mutating func take(_ id: UInt64, of session: SessionName) -> Completion? {
        guard var list = waiters[session], let index = list.firstIndex(where: { $0.id == id }) else { return nil }
        let waiter = list.remove(at: index)
        waiters[session] = list.isEmpty ? nil : list
        return waiter.completion
    }

    mutating func takeAll(of session: SessionName) -> [Completion] {
        waiters.removeValue(forKey: session)?.map(\.completion) ?? []
    }

    mutating func takeDue(by now: Timestamp) -> [Completion] {
        guard let due = nextDue, due <= now else { return [] }
        var taken: [Completion] = []
        nextDue = nil
        for (session, list) in waiters {
            let left = list.filter { $0.until > now }
            if left.count < list.count {
                taken += list.filter { $0.until <= now }.map(\.completion)
                waiters[session] = left.isEmpty ? nil : left
            }
            for waiter in left { nextDue = min(nextDue ?? waiter.until, waiter.until) }
        }
        return taken
    }

    /// Those left when nobody is going to answer any more.
    mutating func takeEverything() -> [Completion] {
        let taken = waiters.values.flatMap { $0.map(\.completion) }
        waiters = [:]
        nextDue = nil
        return taken
    }
}

/// What became of a session that somebody waited for.
public enum SessionReadiness: Sendable, Equatable {
    case ready(WorkshopSession)
    /// It is ending or has ended, with the reason in `end`; `nil` when there is no such session.
    case ended(WorkshopSession?)
    /// The time to wait is over; it is still starting.
    case notYet
}
