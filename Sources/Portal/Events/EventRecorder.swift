public import Platform
internal import Synchronization

/// Turns changes into entries of the outbox. A store asks it at each change, inside the transaction, and tells it after
/// the commit; so an event is on record exactly if what it reports is.
///
/// Where nobody wants to hear of events it makes none, and costs one look at a flag.
public final class EventRecorder: Sendable {
    private let clock: WallClock
    private let hasWebhook: Atomic<Bool>
    private let generation: Atomic<Int>
    private let ids = UniqueTexts()
    private let listener = Mutex<(@Sendable (OutboxChange) -> Void)?>(nil)

    /// - Parameters:
    ///   - generation: the portal's (`PortalService.generation`).
    ///   - hasWebhook: whether the portal's own webhook wants all events.
    public init(clock: WallClock, generation: Int = 1, hasWebhook: Bool) {
        self.clock = clock
        self.generation = Atomic(generation)
        self.hasWebhook = Atomic(hasWebhook)
    }

    /// The portal's own webhook has come or gone.
    func setWebhook(isThere: Bool) { hasWebhook.store(isThere, ordering: .relaxed) }

    /// The portal's definition has changed.
    func setGeneration(_ generation: Int) { self.generation.store(generation, ordering: .relaxed) }

    /// - Parameter listener: called with what has become durable, on the store's thread.
    public func listen(_ listener: @escaping @Sendable (OutboxChange) -> Void) {
        self.listener.withLock { $0 = listener }
    }

    // MARK: For stores

    /// A session was inserted (`old` is `nil`) or updated.
    /// - Parameter workshop: the resource name of its environment's workshop; asked for only if there is an event.
    public func entries(
        from old: WorkshopSession?, to new: WorkshopSession, workshop: () throws -> String?
    ) rethrows -> [OutboxEntry] {
        guard wants(new.analyticsURL) else { return [] }
        let names = EventNames.ofSession(from: old, to: new)
        if names.isEmpty { return [] }
        let subject = PortalEvent.Subject.session(
            new.name, environment: new.environment, workshop: try workshop() ?? "", user: new.owner)
        return names.flatMap { entries(of: PortalEvent($0, subject), analyticsURL: new.analyticsURL) }
    }

    /// An environment was inserted (`old` is `nil`) or updated.
    public func entries(from old: WorkshopEnvironment?, to new: WorkshopEnvironment) -> [OutboxEntry] {
        guard wants(nil) else { return [] }
        return EventNames.ofEnvironment(from: old?.state, to: new.state).flatMap {
            entries(of: PortalEvent($0, .environment(new.name, workshop: new.workshop)), analyticsURL: nil)
        }
    }

    /// A user was inserted. Only anonymous ones are told of, as the reference does: accounts are people's own.
    public func entries(creating user: PortalUser) -> [OutboxEntry] {
        user.kind == .anonymous && wants(nil) ? entries("User/Create", anonymous: user.id) : []
    }

    /// An anonymous user was removed.
    public func entries(removingAnonymous user: UserID) -> [OutboxEntry] {
        wants(nil) ? entries("User/Delete", anonymous: user) : []
    }

    private func entries(_ name: String, anonymous user: UserID) -> [OutboxEntry] {
        let data = EventData(json: "{\"group\":\"anonymous\"}")
        return entries(of: PortalEvent(name, .user(user), data: data), analyticsURL: nil)
    }

    /// Whatever happened, for the portal's webhook and for the session's own receiver, under one id.
    public func entries(of event: PortalEvent, analyticsURL: String?) -> [OutboxEntry] {
        guard wants(analyticsURL) else { return [] }
        let now = clock.now()
        let id = "evt_" + ids.next()
        let content = OutboxEntry.Content.event(event, generation: generation.load(ordering: .relaxed))
        func entry(for target: String) -> OutboxEntry {
            OutboxEntry(target: target, id: id, created: now, content: content)
        }
        var entries = hasWebhook.load(ordering: .relaxed) ? [entry(for: "")] : []
        if let analyticsURL { entries.append(entry(for: analyticsURL)) }
        return entries
    }

    /// Entries have become durable, or were taken back for good.
    public func committed(_ change: OutboxChange) { listener.withLock { $0 }?(change) }

    /// Whether anybody wants events of a session with this receiver of its own.
    func wants(_ analyticsURL: String?) -> Bool { analyticsURL != nil || hasWebhook.load(ordering: .relaxed) }
}
