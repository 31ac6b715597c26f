internal import HTTP
internal import Platform
internal import Portal

/// Pieces that several answers of the REST API share (spec/portal-http.md, sections 3.2 to 3.7).
enum APIShapes {
    static func state(_ name: String) -> JSONValue { .string(name.uppercased()) }

    static func time(_ moment: Timestamp?) -> JSONValue { moment.map { .string($0.iso8601) } ?? .null }

    static func labels(_ labels: [String: String]) -> JSONValue {
        .object(labels.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })
    }

    /// As a workshop's author writes it: `90m`; empty for none.
    static func duration(seconds: Int) -> String {
        switch seconds {
        case 0: ""
        case _ where seconds % 60 == 0: "\(seconds / 60)m"
        default: "\(seconds)s"
        }
    }

    /// The portal itself, first in both catalogues.
    static func portal(_ catalog: PortalCatalog, uid: String, url: String) -> JSONValue {
        let portal = catalog.portal
        return [
            "name": .string(portal.name), "labels": labels(portal.labels), "uid": .string(uid), "generation": 1,
            "url": .string(url),
            "sessions": [
                "maximum": .int(portal.maximumSessions), "registered": .int(portal.sessionsPerRegisteredUser),
                "anonymous": .int(portal.sessionsPerAnonymousUser), "allocated": .int(catalog.counts.allocated),
            ],
        ]
    }

    /// A session in the list of an environment.
    static func listed(_ session: WorkshopSession, _ limits: EnvironmentLimits, now: Timestamp) -> JSONValue {
        .object(
            [
                .init("name", .string(session.name.rawValue)), .init("state", state(session.state.rawValue)),
                .init("namespace", .string(session.name.rawValue)),
                .init("user", .string(session.owner?.rawValue ?? "")),
            ] + times(of: SessionSchedule(of: session, limits, now: now)))
    }

    /// A session in the list of a user.
    static func owned(_ session: WorkshopSession, in environment: WorkshopEnvironment, now: Timestamp) -> JSONValue {
        .object(
            [
                .init("name", .string(session.name.rawValue)), .init("namespace", .string(session.name.rawValue)),
                .init("workshop", .string(environment.resource)),
                .init("environment", .string(session.environment.rawValue)),
            ] + times(of: SessionSchedule(of: session, environment.limits, now: now)))
    }

    private static func times(of schedule: SessionSchedule) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = [.init("started", time(schedule.started))]
        if let expires = schedule.expires { members.append(.init("expires", time(expires))) }
        return members + countdown(of: schedule)
    }

    private static func countdown(of schedule: SessionSchedule) -> [JSONValue.Member] {
        guard let countdown = schedule.countdown else { return [] }
        return [.init("countdown", .int(countdown)), .init("extendable", .bool(schedule.isExtendable))]
    }

    /// - Parameter extended: whether an extension was granted, in the answer to one.
    static func schedule(_ schedule: SessionSchedule, extended: Bool? = nil) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("status", state(schedule.status.rawValue)), .init("started", time(schedule.started)),
            .init("expires", time(schedule.expires)), .init("expiring", .bool(schedule.isExpiring)),
        ]
        members += countdown(of: schedule)
        if let extended { members.append(.init("extended", .bool(extended))) }
        return .object(members)
    }
}
