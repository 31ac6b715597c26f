internal import Portal

/// What is asked with every page and every decision, kept beside the database: the environments in use and how many
/// sessions count where. A copy is cheap until it is changed.
struct StoreMemory: Sendable {
    /// The commit that this is the state of, as in the table `portal`.
    var commit: Int64
    /// Not stopped, by position, then number.
    private(set) var environments: [WorkshopEnvironment] = []
    private var places: [EnvironmentName: Int] = [:]
    private(set) var counts: [EnvironmentName: SessionCounts] = [:]
    private(set) var countsOfPortal = SessionCounts()

    /// Reads everything once, when the store opens.
    init(reading connection: Connection) throws {
        commit = try connection.statement(.commitNumber).first { $0.integer(0) } ?? 0
        for environment in try connection.statement(.environmentsInUse).all(WorkshopEnvironment.init(row:)) {
            set(environment)
        }
        counts = try StoreMemory.count(connection)
        for part in counts.values { countsOfPortal += part }
    }

    /// Counts the sessions themselves, whatever is remembered.
    static func count(_ connection: Connection) throws -> [EnvironmentName: SessionCounts] {
        var counts: [EnvironmentName: SessionCounts] = [:]
        let statement = try connection.statement(.liveCounts)
        defer { statement.reset() }
        while try statement.step() {
            let kind = SessionKind(state: try statement.value(1), isOwned: !statement.bool(2))
            counts[try statement.value(0), default: SessionCounts()].add(statement.int(3), of: kind)
        }
        return counts
    }

    func environment(_ name: EnvironmentName) -> WorkshopEnvironment? { places[name].map { environments[$0] } }

    func counts(of environment: EnvironmentName) -> SessionCounts { counts[environment] ?? SessionCounts() }

    /// Takes up a new or changed environment; a stopped one is dropped.
    mutating func set(_ environment: WorkshopEnvironment) {
        if let place = places[environment.name], environment.state != .stopped,
            environments[place].position == environment.position
        {
            environments[place] = environment
            return
        }
        drop(environment.name)
        guard environment.state != .stopped else { return }
        environments.append(environment)
        arrange()
    }

    mutating func drop(_ name: EnvironmentName) {
        guard let place = places[name] else { return }
        environments.remove(at: place)
        arrange()
    }

    private mutating func arrange() {
        environments.sort { ($0.position, $0.number) < ($1.position, $1.number) }
        places.removeAll(keepingCapacity: true)
        for (place, environment) in environments.enumerated() { places[environment.name] = place }
    }

    /// Counts a session that came, changed (both) or went.
    mutating func move(in environment: EnvironmentName, from old: SessionKind?, to new: SessionKind?) {
        guard old != new else { return }
        var change = SessionCounts()
        if let old { change.add(-1, of: old) }
        if let new { change.add(1, of: new) }
        counts[environment, default: SessionCounts()] += change
        countsOfPortal += change
    }
}

/// What of a session decides where it counts.
struct SessionKind: Equatable {
    var state: SessionState
    var isOwned: Bool

    init(state: SessionState, isOwned: Bool) {
        self.state = state
        self.isOwned = isOwned
    }
    init(_ session: WorkshopSession) { self.init(state: session.state, isOwned: session.owner != nil) }
}

extension SessionCounts {
    mutating func add(_ number: Int, of kind: SessionKind) {
        guard kind.state != .stopped else { return }
        active += number
        if kind.isOwned { allocated += number }
        if !kind.isOwned && kind.state == .waiting { available += number }
        if !kind.isOwned && kind.state == .starting { warming += number }
    }

    static func += (left: inout SessionCounts, right: SessionCounts) {
        left.active += right.active
        left.allocated += right.allocated
        left.available += right.available
        left.warming += right.warming
    }
}
