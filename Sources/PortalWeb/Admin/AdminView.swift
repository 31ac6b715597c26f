internal import HTTP
internal import Platform
internal import Portal

/// Which part of the portal a page for staff shows: what stands in its address.
struct AdminView: Hashable, Sendable {
    enum States: String, CaseIterable, Sendable {
        case active, starting, waiting, running, stopping, stopped, all

        var states: Set<SessionState> {
            switch self {
            case .active: SessionListing.active
            case .all: Set(SessionState.allCases)
            default: SessionState(rawValue: rawValue).map { [$0] } ?? []
            }
        }
    }

    var states: States
    var environment: EnvironmentName?
    /// A user whose page it is.
    var owner: UserID?
    var search = ""
    var order = SessionListing.Order.newest
    var position = SessionListing.Position.start

    static let pageSize = 50
    private static let longestSearch = 150

    /// What no page of ours would say is left out rather than refused.
    init(_ parameters: QueryParameters) {
        owner = parameters["owner"].flatMap { $0.isEmpty ? nil : UserID(rawValue: $0) }
        states = parameters["state"].flatMap(States.init) ?? (owner == nil ? .active : .all)
        environment = parameters["environment"].flatMap(EnvironmentName.init)
        search = String((parameters["q"] ?? "").unicodeScalars.prefix(AdminView.longestSearch))
        search = BrowserHandler.trimmed(search)
        order = parameters["order"].flatMap(SessionListing.Order.init) ?? .newest
        if let place = parameters["after"].flatMap(AdminView.place) {
            position = .after(place)
        } else if let place = parameters["before"].flatMap(AdminView.place) {
            position = .before(place)
        }
    }

    var listing: SessionListing {
        SessionListing(
            states: states.states, environment: environment, owner: owner, search: search, order: order,
            position: position, limit: AdminView.pageSize)
    }

    /// The same list from another place on.
    func at(_ position: SessionListing.Position) -> AdminView {
        var view = self
        view.position = position
        return view
    }

    var query: QueryParameters {
        var query = QueryParameters()
        if let owner { query.add("owner", owner.rawValue) }
        if let environment { query.add("environment", environment.rawValue) }
        if states != (owner == nil ? .active : .all) { query.add("state", states.rawValue) }
        if !search.isEmpty { query.add("q", search) }
        if order != .newest { query.add("order", order.rawValue) }
        switch position {
        case .start: break
        case .after(let place): query.add("after", AdminView.text(of: place))
        case .before(let place): query.add("before", AdminView.text(of: place))
        }
        return query
    }

    /// Path and query of the page.
    var path: String { AdminView.path(.admin, query) }

    static func path(_ route: PortalRoute, _ query: QueryParameters) -> String {
        query.isEmpty ? route.path : route.path + "?" + query.encoded
    }

    static func path(ofUser user: UserID) -> String { path(.admin, ["owner": user.rawValue]) }

    private static func text(of place: SessionPlace) -> String { "\(place.moment.milliseconds).\(place.name)" }

    private static func place(_ text: String) -> SessionPlace? {
        let parts = text.split(separator: ".", maxSplits: 1)
        guard parts.count == 2, let milliseconds = Int64(parts[0]), let name = SessionName(rawValue: String(parts[1]))
        else { return nil }
        return SessionPlace(moment: Timestamp(milliseconds: milliseconds), name: name)
    }
}
