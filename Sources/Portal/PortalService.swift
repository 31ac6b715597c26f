public import Platform
internal import Synchronization

/// One portal at work: what the web layer and the executable talk to.
///
/// Decisions are made by values (`SessionAllocation`, `ReservationPlan`, `SessionExpiry`, `EnvironmentPlan`); this puts
/// them together with a store, a runtime and a clock. Every method may be called from any thread. Those with a completion
/// call it exactly once, on the store's thread, after the commit; it must not block.
public final class PortalService: Sendable {
    /// Gives sessions to visitors and takes them back.
    public let allocator: SessionAllocator
    /// Lets visitors into the sessions that they own.
    public let entry: SessionEntry
    /// Issues tokens to REST clients.
    public let tokens: TokenIssuer
    /// Lets people in who have an account.
    public let accounts: PortalAccounts
    /// Makes sandboxes follow the store.
    public let reconciler: SessionReconciler
    /// Tells others what happens.
    public let events: PortalEvents
    /// Does what staff asks for.
    public let administration: PortalAdministration
    let context: PortalContext
    let probe = Mutex(StoreProbe())
    private let stopping = Atomic(false)

    public var address: PortalAddress { context.address }
    public var store: any PortalStore { context.store }
    public var clock: WallClock { context.clock }
    public var counters: PortalCounters { context.counters }
    public var measures: PortalMeasures { context.measures }
    public var settings: PortalSettings { context.settings }
    public var definitions: PortalDefinitions { context.definitions }
    /// Those that count now; a reload may change them.
    public var credentials: PortalCredentials { context.credentials }
    /// Tells this portal from another one of the same name, for the life of its data: a UUID.
    public var uid: String { context.uid }
    /// Secrets that are derived for sessions.
    public var secrets: SessionSecrets { context.secrets }

    /// Opens a portal on a store. Nothing runs until `run`.
    /// - Parameters:
    ///   - drawn: for credentials that the definition leaves open.
    ///   - sender: carries events to their receivers; without one they stay in the outbox.
    ///   - secret: with which events are signed.
    ///   - sleep: waits until a moment of the clock, or returns early when the task is cancelled.
    /// - Throws: `PortalStoreError` when the store cannot be read or written; `PasswordHashFailure` when there is no memory
    ///   for hashing a chosen secret.
    public static func open(
        definitions: PortalDefinitions, address: PortalAddress, store: any PortalStore, runtime: any SessionRuntime,
        clock: WallClock = .system, log: Log, settings: PortalSettings = PortalSettings(),
        drawn: DrawnSecrets = .random(),
        sender: (any EventSender)? = nil, secret: WebhookSecret? = nil,
        sleep: (@Sendable (Timestamp) async -> Void)? = nil
    ) async throws -> PortalService {
        let secrets = try await SessionSecrets.load(from: store)
        let context = PortalContext(
            definitions: definitions, address: address, store: store, runtime: runtime, clock: clock, log: log,
            settings: settings, secrets: secrets, drawn: drawn,
            uid: try await PortalIdentity.load(from: store, now: clock.now()))
        try await TokenIssuer.compareWithLastStart(context)
        let recorder = EventRecorder(clock: clock, hasWebhook: !definitions.portal.webhookURL.isEmpty)
        store.recordEvents(with: recorder)
        return PortalService(
            context, recorder, sender: sender, secret: secret, sleep: sleep ?? PortalService.realSleep(clock))
    }

    init(
        _ context: PortalContext, _ recorder: EventRecorder, sender: (any EventSender)?, secret: WebhookSecret?,
        sleep: @escaping @Sendable (Timestamp) async -> Void
    ) {
        self.context = context
        reconciler = SessionReconciler(context, sleep: sleep)
        allocator = SessionAllocator(context, reconciler)
        entry = SessionEntry(context)
        tokens = TokenIssuer(context)
        events = PortalEvents(
            context, recorder, EventDelivery(context, sender: sender, secret: secret, sleep: sleep))
        administration = PortalAdministration(context, reconciler)
        accounts = PortalAccounts(context, reconciler)
        accounts.definitionsChanged()
    }

    /// A secret of this portal for one purpose, the same after every restart.
    public func secret(for purpose: String) -> SecretToken { context.secrets.secret(for: purpose) }

    /// Works until the task is cancelled: brings environments and sessions to where they should be and keeps them there.
    /// Sessions stay as they are when it ends.
    public func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.events.delivery.run() }
            group.addTask { await self.reconciler.run() }
        }
    }

    /// The program is about to end: `readiness` says so from now on. Everything goes on working.
    public func beginStopping() { stopping.store(true, ordering: .relaxed) }

    public var isStopping: Bool { stopping.load(ordering: .relaxed) }

    /// Definitions were read again and have mistakes: the portal goes on with those it has, and `measures` tells.
    public func refuseDefinitions() { context.measures.definitionsRefused.value = 1 }

    /// Takes new definitions at once and lets environments follow. Tokens of a robot whose credentials are others now end.
    public func reload(_ definitions: PortalDefinitions) {
        let credentials = context.credentials
        context.definitions = definitions
        context.measures.definitionsTaken.value = Int(clock.now().milliseconds)
        context.measures.definitionsRefused.value = 0
        tokens.credentialsChanged(from: credentials)
        context.catalog.changed()
        reconciler.definitionsChanged()
        events.definitionsChanged()
        accounts.definitionsChanged()
    }

    /// What is on offer; from memory unless something changed.
    /// - Throws: `PortalStoreError`.
    public func catalog() throws -> PortalCatalog {
        try context.catalog.current(in: context.store, context.definitions)
    }

    /// A session with what a page needs to tell about it, in any state.
    /// - Throws: `PortalStoreError`.
    public func session(_ name: SessionName) throws -> SessionView? {
        let now = clock.now()
        return try store.read { store in
            guard let session = try store.session(name), let environment = try store.environment(session.environment)
            else { return nil }
            return SessionView(
                session: session, environment: environment,
                definition: context.definitions.workshops[environment.resource],
                schedule: SessionSchedule(of: session, environment.limits, now: now))
        }
    }

    private static func realSleep(_ clock: WallClock) -> @Sendable (Timestamp) async -> Void {
        { moment in
            // At most a minute at a time, so that a wall clock that was set is followed.
            let milliseconds = min(60_000, max(1, moment.milliseconds - clock.now().milliseconds))
            try? await Task.sleep(for: .milliseconds(milliseconds))
        }
    }
}

/// A session with its surroundings, from one consistent read.
public struct SessionView: Sendable {
    public let session: WorkshopSession
    public let environment: WorkshopEnvironment
    /// `nil` when its workshop is no longer defined.
    public let definition: WorkshopDefinition?
    public let schedule: SessionSchedule
}
