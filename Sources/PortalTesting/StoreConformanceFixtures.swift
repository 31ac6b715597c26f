import Platform
import Portal

/// Values for the checks: short, valid, and different from each other in every field that matters.
enum Sample {
    /// The moment that the checks begin at; others are given as seconds from it.
    static func moment(_ seconds: Int) -> Timestamp { Timestamp(seconds: 1_800_000_000).advanced(bySeconds: seconds) }

    static func digest(_ seed: Int) throws -> TokenDigest {
        let bytes = (0..<32).map { UInt8(truncatingIfNeeded: seed >> ($0 % 8 * 8)) ^ UInt8($0) }
        return try found(TokenDigest(stored: bytes))
    }

    static func user(_ number: Int) throws -> UserID { try found(UserID(rawValue: "anon@educates:\(number)")) }

    static func environmentName(_ number: Int) throws -> EnvironmentName {
        try found(EnvironmentName(rawValue: "lab-w\(number < 10 ? "0" : "")\(number)"))
    }

    static func sessionName(_ environment: Int, _ number: Int) throws -> SessionName {
        let digits = String(number)
        let padding = String(repeating: "0", count: max(0, 3 - digits.count))
        return try found(SessionName(rawValue: "\(try environmentName(environment))-s\(padding)\(digits)"))
    }

    static func environment(
        _ number: Int, state: EnvironmentState = .running, position: Int? = nil
    ) throws -> WorkshopEnvironment {
        WorkshopEnvironment(
            name: try environmentName(number), number: number, workshop: "published-\(number)",
            resource: "resource-\(number)", revision: "revision-\(number)", state: state,
            position: position ?? number,
            limits: EnvironmentLimits(
                capacity: 10, initial: 1, reserved: 2, expires: 3, overtime: 4, deadline: 5, orphaned: 6, overdue: 7,
                refresh: 8),
            created: moment(number))
    }

    static func session(
        _ environment: Int, _ number: Int, _ state: SessionState = .running, owner: Int? = nil, created: Int? = nil,
        expires: Int? = nil
    ) throws -> WorkshopSession {
        WorkshopSession(
            name: try sessionName(environment, number), environment: try environmentName(environment), number: number,
            state: state, isReady: state == .waiting || state == .running, owner: try owner.map(user),
            created: moment(created ?? number), expires: expires.map(moment),
            stopped: state == .stopped ? moment(created ?? number) : nil,
            clientSecret: try digest(environment * 100_000 + number))
    }

    static func anonymous(_ number: Int, joined: Int = 0) throws -> PortalUser {
        PortalUser(id: try user(number), kind: .anonymous, joined: moment(joined))
    }

    static func found<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw StoreConformanceFailure(description: "a sample value is not valid") }
        return value
    }
}

/// The same numbers for the same seed (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// What a body throws to have its changes undone.
struct ChangedItsMind: Error {}

extension PortalStore {
    /// Writes the environments 1 to `environments` and the users 1 to `users`.
    func prepare(environments: Int, users: Int = 0) async throws {
        try await write { transaction in
            for number in 0..<environments { try transaction.insert(try Sample.environment(number + 1)) }
            for number in 0..<users { try transaction.insert(try Sample.anonymous(number + 1)) }
        }
    }

    func insert(_ sessions: [WorkshopSession]) async throws {
        try await write { transaction in
            for session in sessions { try transaction.insert(session) }
        }
    }
}
