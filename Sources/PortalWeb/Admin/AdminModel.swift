internal import Platform
internal import Portal

/// What a page for staff shows, as values: two that are equal look the same, so that a live view sends nothing.
struct AdminModel: Hashable, Sendable {
    var environments: [EnvironmentLine] = []
    var sessions: [SessionLine] = []
    var hasEarlier = false
    var hasLater = false
    /// Sessions of the whole portal whose sandbox may exist, and those of them that belong to somebody.
    var active = 0
    var allocated = 0

    /// Reads it, from memory and one page of an index.
    static func read(_ view: AdminView, from service: PortalService) throws -> AdminModel {
        let definitions = service.definitions
        return try service.store.read { store in
            func title(_ environment: WorkshopEnvironment) -> String {
                definitions.workshops[environment.resource]?.title ?? environment.workshop
            }
            let counts = try store.countsOfPortal()
            var model = AdminModel(active: counts.active, allocated: counts.allocated)
            var titles: [EnvironmentName: String] = [:]
            for environment in try store.environments() {
                titles[environment.name] = title(environment)
                let counts = try store.counts(of: environment.name)
                model.environments.append(EnvironmentLine(environment, title: title(environment), counts))
            }
            let page = try store.sessions(view.listing)
            for session in page.sessions {
                if titles[session.environment] == nil {
                    titles[session.environment] = try store.environment(session.environment).map(title) ?? ""
                }
                var line = SessionLine(session, title: titles[session.environment] ?? "")
                if line.isInUse { line.page = service.events.pageReached(in: session.name).map(SessionLine.Page.init) }
                model.sessions.append(line)
            }
            model.hasEarlier = page.hasEarlier
            model.hasLater = page.hasLater
            return model
        }
    }

    /// Tells this from other models while the program runs.
    var fingerprint: String { String(UInt(bitPattern: hashValue), radix: 36) }
}

struct EnvironmentLine: Hashable, Sendable {
    var name: EnvironmentName
    var title: String
    var state: EnvironmentState
    var capacity: Int
    /// Sessions to be kept ready.
    var reserved: Int
    /// Sessions that are ready for the next visitors.
    var available: Int
    var allocated: Int
    var problem: String?

    init(_ environment: WorkshopEnvironment, title: String, _ counts: SessionCounts) {
        name = environment.name
        self.title = title
        state = environment.state
        capacity = environment.limits.capacity
        reserved = environment.limits.reserved
        available = counts.available
        allocated = counts.allocated
        problem = environment.problem
    }

    var canBeRefreshed: Bool { state == .starting || state == .running }
}

struct SessionLine: Hashable, Sendable {
    /// Where a session stands, as people say it.
    enum Standing: Hashable, Sendable {
        case starting, reserved, offered, entering, inUse, expiring, stopping
        case ended(SessionEnd?)
    }

    var name: SessionName
    /// Of its workshop.
    var title: String
    var owner: UserID?
    var standing: Standing
    /// How far its learner has come in the instructions, if the session has told.
    struct Page: Hashable, Sendable {
        var name: String
        var number: Int
        var total: Int

        init(_ page: PageReached) {
            name = page.page
            number = page.number
            total = page.total
        }
    }
    var page: Page?
    /// Of a session in use, if it has one.
    var ends: Timestamp?
    var isReady: Bool
    /// Where it stands in lists.
    private var created: Timestamp
    private var expires: Timestamp?

    init(_ session: WorkshopSession, title: String) {
        name = session.name
        self.title = title
        owner = session.owner
        isReady = session.isReady
        ends = session.state == .running ? session.expires : nil
        created = session.created
        expires = session.expires
        standing =
            switch session.state {
            case .starting: .starting
            case .waiting: session.owner == nil ? .reserved : .offered
            case .running: session.end != nil ? .expiring : session.isReady ? .inUse : .entering
            case .stopping: .stopping
            case .stopped: .ended(session.end)
            }
    }

    func place(in order: SessionListing.Order) -> SessionPlace {
        let moment: Timestamp? =
            switch order {
            case .newest: created
            case .name: nil
            case .ending: expires
            }
        return SessionPlace(moment: moment ?? Timestamp(milliseconds: 0), name: name)
    }

    var isInUse: Bool { standing == .inUse || standing == .expiring || standing == .entering }
    var isOver: Bool {
        switch standing {
        case .stopping, .ended: true
        default: false
        }
    }
    /// Whether there is something whose memory and processor time can be measured.
    var isMeasured: Bool { isReady && !isOver }
}
