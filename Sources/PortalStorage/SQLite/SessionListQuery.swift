internal import Platform
internal import Portal

/// The statement for one state's part of a list of sessions, and its values in order.
///
/// Each walks an index in the list's order from the page's place on and stops when the page is full. What the index does not
/// know (another environment, a search) is passed over on the way.
struct SessionListQuery {
    enum Value {
        case text(String)
        case number(Int64)
    }
    private(set) var sql = ""
    private(set) var values: [Value] = []

    /// - Returns: `nil` when no session of this state has a place in the order.
    init?(_ listing: SessionListing, state: SessionState) {
        let isBackwards = if case .before = listing.position { true } else { false }
        var conditions: [String] = []
        let index: String
        let columns: [String]
        let isFalling: Bool
        // The condition of a partial index has to be in the statement word for word.
        switch listing.order {
        case .newest:
            index = "sessions_by_age"
            columns = ["s.created", "s.name"]
            isFalling = !isBackwards
        case .name:
            index = "sessions_by_name"
            columns = ["s.name"]
            isFalling = isBackwards
        case .ending:
            guard state == .starting || state == .waiting || state == .running else { return nil }
            index = "sessions_expiring"
            columns = ["s.expires", "s.name"]
            isFalling = isBackwards
            conditions.append("s.expires IS NOT NULL AND s.state IN ('starting', 'waiting', 'running')")
        }
        let ofOwner = listing.owner != nil
        conditions.append("s.state = \(bind(.text(state.rawValue)))")
        if let owner = listing.owner {
            let number = "(SELECT number FROM users WHERE id = \(bind(.text(owner.rawValue))))"
            conditions.append("s.owner = \(number) AND s.owner IS NOT NULL")
        }
        if let environment = listing.environment {
            conditions.append("s.environment = \(bind(.text(environment.rawValue)))")
            if listing.order == .name && !ofOwner {
                // Names begin with the environment's: only that part of the index is walked.
                conditions.append("s.name > \(bind(.text(environment.rawValue + "-s")))")
                conditions.append("s.name < \(bind(.text(environment.rawValue + "-t")))")
            }
        }
        if let place = listing.place {
            let comparison = isFalling ? "<" : ">"
            let name = bind(.text(place.name.rawValue))
            if columns.count == 1 {
                conditions.append("s.name \(comparison) \(name)")
            } else {
                let moment = bind(.number(place.moment.milliseconds))
                // The first half says where in the index to begin.
                conditions.append("\(columns[0]) \(comparison)= \(moment)")
                conditions.append("(\(columns[0]), s.name) \(comparison) (\(moment), \(name))")
            }
        }
        if !listing.search.isEmpty {
            let part = bind(.text(SessionListing.lowered(listing.search)))
            conditions.append("(instr(lower(s.name), \(part)) > 0 OR instr(lower(u.id), \(part)) > 0)")
        }
        let direction = isFalling ? "DESC" : "ASC"
        let limit = bind(.number(Int64(max(1, listing.limit)) + 1))
        sql = """
            \(Query.selectSession) INDEXED BY \(ofOwner ? "sessions_of_owner" : index) \(Query.withOwner)
            WHERE \(conditions.joined(separator: " AND "))
            ORDER BY \(columns.map { "\($0) \(direction)" }.joined(separator: ", ")) LIMIT \(limit)
            """
    }

    private mutating func bind(_ value: Value) -> String {
        values.append(value)
        return "?\(values.count)"
    }
}

extension SessionListing {
    fileprivate var place: SessionPlace? {
        switch position {
        case .start: nil
        case .after(let place), .before(let place): place
        }
    }
}

extension StoreReader {
    func sessions(_ listing: SessionListing) throws -> SessionPage {
        var rows: [SessionRow] = []
        for state in SessionState.allCases where listing.states.contains(state) {
            guard let query = SessionListQuery(listing, state: state) else { continue }
            rows += try connection.withStatement(query.sql) { statement in
                for (index, value) in query.values.enumerated() {
                    switch value {
                    case .text(let text): statement.bind(Int32(index + 1), text)
                    case .number(let number): statement.bind(Int32(index + 1), number)
                    }
                }
                return try statement.all(SessionRow.init)
            }
        }
        let isBackwards = if case .before = listing.position { true } else { false }
        let places = rows.map { ($0, SessionPlace(of: $0.session, in: listing.order)) }
        let sorted = places.sorted {
            isBackwards ? listing.isOrdered($1.1, $0.1) : listing.isOrdered($0.1, $1.1)
        }
        let found = sorted.prefix(max(1, listing.limit) + 1).map(\.0)
        for row in found { didRead(row) }
        return SessionPage(found.map(\.session), of: listing)
    }
}
