internal import Platform
internal import Synchronization

/// Events: those that the inside of a session reports, how far learners have come, and the delivery of all of them.
///
/// The portal's own events are recorded by the store with the changes that they report (`EventRecorder`).
public final class PortalEvents: Sendable {
    private let context: PortalContext
    private let recorder: EventRecorder
    let delivery: EventDelivery
    private let throttle = Mutex(ReportThrottle())

    init(_ context: PortalContext, _ recorder: EventRecorder, _ delivery: EventDelivery) {
        self.context = context
        self.recorder = recorder
        self.delivery = delivery
        recorder.listen { [weak delivery] in delivery?.committed($0) }
    }

    /// Events that are recorded and not yet delivered.
    public var backlog: Int { delivery.backlog }

    /// The page that a session's learner is on. `nil` when nobody has told since the portal was started.
    public func pageReached(in session: SessionName) -> PageReached? { context.pages[session] }

    /// Bytes of an event's name and of its data that are accepted.
    public static let longestName = 100
    public static let longestData = 16 * 1024

    /// The inside of a session tells of something: a page, a terminal, an action (spec/portal-http.md, section 3.7,
    /// `event/`). The caller has checked that it may speak for the session.
    /// - Parameters:
    ///   - name: as `Workshop/View`: printable ASCII without blanks. The portal's own names are not accepted.
    ///   - completion: called once, perhaps before this returns; the event is durable then, if anybody wants it.
    public func report(
        _ name: String, data: EventData, of session: SessionName,
        completion: @escaping @Sendable (Result<ReportOutcome, any Error>) -> Void
    ) {
        guard !name.isEmpty, name.utf8.count <= PortalEvents.longestName, name.utf8.allSatisfy({ $0 > 32 && $0 < 127 })
        else { return completion(.success(.invalidName)) }
        let folded = name.lowercased()
        guard !PortalEvent.ownNames.contains(where: { folded.hasPrefix($0.lowercased()) }) else {
            context.counters.add(.eventsRefused)
            return completion(.success(.forbidden))
        }
        guard data.json.utf8.count <= PortalEvents.longestData else { return completion(.success(.tooLarge)) }
        let now = context.clock.now()
        if let seconds = throttle.withLock({ $0.admit(session, now: now) }) {
            context.counters.add(.eventsRefused)
            return completion(.success(.tooMany(retryAfter: seconds)))
        }
        do {
            guard let found = try context.store.read({ try $0.session(session) }), found.owner != nil,
                found.state != .stopped
            else { return completion(.success(.unknown)) }
            if name == "Workshop/View", found.isLive, let page = PageReached(data, since: now) {
                context.pages.set(page, of: session)
            }
            guard recorder.wants(found.analyticsURL) else { return completion(.success(.recorded)) }
        } catch {
            return completion(.failure(error))
        }
        context.store.write(
            { store -> ReportOutcome in
                guard let found = try store.session(session), found.owner != nil, found.state != .stopped else {
                    return .unknown
                }
                let workshop = try store.environment(found.environment)?.resource ?? ""
                let subject = PortalEvent.Subject.session(
                    session, environment: found.environment, workshop: workshop, user: found.owner)
                try store.record(PortalEvent(name, subject, data: data), analyticsURL: found.analyticsURL)
                return .recorded
            }, completion: completion)
    }

    func definitionsChanged() {
        recorder.setWebhook(isThere: !context.definitions.portal.webhookURL.isEmpty)
        delivery.definitionsChanged()
    }
}

public enum ReportOutcome: Sendable, Equatable {
    case recorded
    /// The name is one of the portal's own.
    case forbidden
    case invalidName
    case tooLarge
    case tooMany(retryAfter: Int)
    /// There is no such session, it belongs to nobody, or it is over.
    case unknown
}
