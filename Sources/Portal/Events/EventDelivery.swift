internal import Platform
internal import Synchronization

/// Empties the outbox: reads entries, has them sent, removes what was accepted, tries the rest again.
///
/// An entry is removed after its receiver has accepted it, so a crash in between sends it once more, with the same id.
final class EventDelivery: Sendable {
    private struct State {
        var queue: DeliveryQueue
        /// Done with, and still in the store.
        var removals: [Int64] = []
        var isRemoving = false
        var isDropping = false
        /// Whether the targets that an earlier program left are known.
        var hasLooked = false
        /// Whether there may be targets that are no longer to be told anything.
        var mustCheckReceivers = true
        /// After trouble with the store.
        var storeNotBefore: Timestamp?
        /// Entries in the store, exact but for what is being committed.
        var backlog = 0
        var alarm: Timestamp?

        /// Others have removed these from the store.
        mutating func forget(_ numbers: Set<Int64>) {
            queue.dropped(numbers)
            removals.removeAll(where: numbers.contains)
        }
    }

    private let context: PortalContext
    private let sender: (any EventSender)?
    private let secret: WebhookSecret?
    private let payload: EventPayload
    private let sleep: @Sendable (Timestamp) async -> Void
    private let bell = WakeUp()
    private let state: Mutex<State>

    /// Rows removed in one transaction at most.
    private static let batch = 500

    init(
        _ context: PortalContext, sender: (any EventSender)?, secret: WebhookSecret?,
        sleep: @escaping @Sendable (Timestamp) async -> Void
    ) {
        self.context = context
        self.sender = sender
        self.secret = secret
        self.sleep = sleep
        payload = EventPayload(
            portal: context.definitions.portal.name, uid: context.uid, url: context.address.portalURL)
        var limits = DeliveryQueue.Limits()
        limits.giveUp = context.settings.eventGiveUp
        state = Mutex(State(queue: DeliveryQueue(limits: limits)))
    }

    /// Entries that have not been delivered.
    var backlog: Int { state.withLock { max(0, $0.backlog) } }

    /// New entries are durable, and others are gone because a user was erased.
    func committed(_ change: OutboxChange) {
        let added = change.added.values.reduce(0, +)
        context.counters.add(.eventsRecorded, added)
        state.withLock { state in
            if state.hasLooked { state.backlog += added - change.withdrawn.count }
            for target in change.added.keys { state.queue.mayHaveMore(target) }
            if !change.withdrawn.isEmpty { state.forget(Set(change.withdrawn)) }
        }
        bell.ring()
    }

    func definitionsChanged() {
        state.withLock { $0.mustCheckReceivers = true }
        bell.ring()
    }

    // MARK: The loop

    /// Works until the task is cancelled, then waits a moment for the attempts under way.
    func run() async {
        var alarm: Task<Void, Never>?
        while !Task.isCancelled {
            let now = context.clock.now()
            turn(now)
            if let due = sooner(than: now) {
                alarm?.cancel()
                alarm = Task { [self] in
                    while context.clock.now() < due && !Task.isCancelled { await sleep(due) }
                    if !Task.isCancelled { bell.ring() }
                }
            }
            await bell.sleep()
        }
        alarm?.cancel()
        await finish()
    }

    private func sooner(than now: Timestamp) -> Timestamp? {
        state.withLock { state in
            let moments = [state.queue.nextDue(after: now), state.storeNotBefore.flatMap { $0 > now ? $0 : nil }]
            guard let due = moments.compactMap(\.self).min() else { return nil }
            if let alarm = state.alarm, alarm > now, alarm <= due { return nil }
            state.alarm = due
            return due
        }
    }

    /// Takes what is accepted within two seconds off the outbox, so that an ordinary stop sends nothing twice.
    private func finish() async {
        for _ in 0..<200 where state.withLock({ $0.queue.underWay }) > 0 {
            // The task is cancelled, so its own sleep would return at once.
            await Task.detached { try? await Task.sleep(for: .milliseconds(10)) }.value
        }
        let numbers = state.withLock { state in
            defer { state.removals = [] }
            return state.removals
        }
        guard !numbers.isEmpty else { return }
        do {
            _ = try await context.store.write { try $0.removeFromOutbox(numbers) }
        } catch {
            context.log.warning("delivered events will be sent again", ("count", numbers.count), ("error", "\(error)"))
        }
    }

    /// Does what can be done now.
    func turn(_ now: Timestamp) {
        guard sender != nil else { return }
        do {
            try look()
            try read()
            dropWithoutReceiver()
        } catch {
            context.log.error("cannot read events to be sent", ("error", "\(error)"))
            state.withLock { $0.storeNotBefore = now.advanced(bySeconds: 2) }
        }
        send(now)
        remove(now)
        keepBounds(now)
    }

    // MARK: Reading

    private func look() throws {
        guard !state.withLock({ $0.hasLooked }) else { return }
        let (count, targets) = try context.store.read { store in
            (try store.outboxCount(), try store.outboxTargets())
        }
        state.withLock { state in
            state.hasLooked = true
            state.backlog = count
            for target in targets + [""] { state.queue.mayHaveMore(target) }
        }
        if count > 0 { context.log.info("events wait to be sent", ("count", count)) }
    }

    private func read() throws {
        for wanted in state.withLock({ $0.queue.wanted }) {
            let entries = try context.store.read {
                try $0.outbox(for: wanted.target, after: wanted.after, limit: wanted.limit)
            }
            state.withLock { $0.queue.read(entries, of: wanted.target, limit: wanted.limit) }
        }
    }

    /// The webhook was taken out of the definition, or a session's receiver is no longer allowed.
    private func dropWithoutReceiver() {
        let portal = context.definitions.portal
        let taken = state.withLock { state -> [OutboxEntry] in
            guard state.mustCheckReceivers else { return [] }
            var taken: [OutboxEntry] = []
            for target in state.queue.knownTargets where EventDelivery.receiver(target, portal) == nil {
                taken += state.queue.takeAll(of: target)
            }
            state.removals += taken.map(\.number)
            // The store may have more of them.
            state.mustCheckReceivers = !taken.isEmpty
            return taken
        }
        guard !taken.isEmpty else { return }
        bell.ring()
        context.counters.add(.eventsDropped, taken.count)
        context.log.warning("events dropped, their receiver is no longer wanted", ("count", taken.count))
    }

    private static func receiver(_ target: String, _ portal: TrainingPortalDefinition) -> (String, EventMessage.Reach)?
    {
        if target.isEmpty { return portal.webhookURL.isEmpty ? nil : (portal.webhookURL, .anywhere) }
        return AnalyticsAddress.reach(of: target, privateHosts: portal.privateAnalyticsHosts).map { (target, $0) }
    }

    // MARK: Sending

    private func send(_ now: Timestamp) {
        guard let sender else { return }
        let portal = context.definitions.portal
        for entry in state.withLock({ $0.queue.next(now: now) }) {
            guard let (url, reach) = EventDelivery.receiver(entry.target, portal) else {
                state.withLock { $0.mustCheckReceivers = true }
                ended(entry, .failed("no receiver"))
                continue
            }
            sender.send(message(entry, to: url, reach, now: now)) { self.ended(entry, $0) }
        }
    }

    /// The headers are those of Standard Webhooks.
    private func message(
        _ entry: OutboxEntry, to url: String, _ reach: EventMessage.Reach, now: Timestamp
    ) -> EventMessage {
        let seconds = now.milliseconds / 1000
        let body: [UInt8]
        switch entry.content {
        case .event(let event, let generation):
            body = payload.body(of: event, at: entry.created, generation: generation)
        case .payload(let recorded, _, _): body = recorded
        }
        var headers = [
            (name: "Content-Type", value: "application/json"),
            (name: "webhook-id", value: entry.id),
            (name: "webhook-timestamp", value: String(seconds)),
        ]
        if let secret {
            headers.append(
                (name: "webhook-signature", value: secret.signature(id: entry.id, seconds: seconds, body: body)))
        }
        return EventMessage(url: url, reach: reach, headers: headers, body: body)
    }

    private func ended(_ entry: OutboxEntry, _ outcome: EventOutcome) {
        let now = context.clock.now()
        let (done, isAccepted) = state.withLock { state in
            let result = state.queue.ended(entry, outcome, now: now, spread: Double.random(in: 0...1))
            state.removals += result.done.map(\.number)
            return result
        }
        if isAccepted {
            context.counters.add(.eventsDelivered)
        } else {
            context.counters.add(.eventAttemptsFailed)
            context.log.debug(
                "an event was not taken", ("event", entry.event), ("id", entry.id), ("reason", "\(outcome)"))
            for lost in done {
                context.counters.add(.eventsGivenUp)
                context.log.warning(
                    "an event was given up", ("event", lost.event), ("id", lost.id), ("about", lost.stream),
                    ("reason", "\(outcome)"))
            }
        }
        bell.ring()
    }

    // MARK: Removing

    private func remove(_ now: Timestamp) {
        let numbers = state.withLock { state -> [Int64] in
            guard !state.isRemoving, !state.removals.isEmpty, state.storeNotBefore.map({ $0 <= now }) ?? true else {
                return []
            }
            state.isRemoving = true
            let numbers = Array(state.removals.prefix(EventDelivery.batch))
            state.removals.removeFirst(numbers.count)
            return numbers
        }
        guard !numbers.isEmpty else { return }
        context.store.write(
            { try $0.removeFromOutbox(numbers) },
            completion: { result in
                self.state.withLock { state in
                    state.isRemoving = false
                    switch result {
                    // Fewer than asked for when others removed some of them first.
                    case .success(let count): state.backlog -= count
                    case .failure:
                        state.removals = numbers + state.removals
                        state.storeNotBefore = now.advanced(bySeconds: 2)
                    }
                }
                if case .failure(let error) = result {
                    self.context.log.error("cannot remove delivered events", ("error", "\(error)"))
                }
                self.bell.ring()
            })
    }

    /// Drops the oldest entries of an outbox that has become too long, a hundredth at a time.
    private func keepBounds(_ now: Timestamp) {
        let limit = context.settings.outboxLimit
        let excess = state.withLock { state -> Int in
            guard !state.isDropping, state.backlog - state.removals.count > limit,
                state.storeNotBefore.map({ $0 <= now }) ?? true
            else { return 0 }
            state.isDropping = true
            return min(state.backlog - limit + limit / 100, 5 * EventDelivery.batch)
        }
        guard excess > 0 else { return }
        context.store.write(
            { try $0.removeOldestFromOutbox(excess) },
            completion: { result in
                self.state.withLock { state in
                    state.isDropping = false
                    switch result {
                    case .success(let numbers):
                        state.backlog -= numbers.count
                        state.forget(Set(numbers))
                    case .failure: state.storeNotBefore = now.advanced(bySeconds: 2)
                    }
                }
                switch result {
                case .success(let numbers):
                    self.context.counters.add(.eventsDropped, numbers.count)
                    self.context.log.warning(
                        "the outbox is full, its oldest events were dropped", ("count", numbers.count))
                case .failure(let error):
                    self.context.log.error("cannot shorten the outbox", ("error", "\(error)"))
                }
                self.bell.ring()
            })
    }
}
