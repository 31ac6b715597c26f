public import Platform
public import Portal
internal import Synchronization

/// Definitions for tests: small, with no timers unless a test sets them.
public enum Fixture {
    public static func limits(capacity: Int = 5, reserved: Int = 0, initial: Int? = nil) -> EnvironmentLimits {
        EnvironmentLimits(capacity: capacity, initial: initial ?? reserved, reserved: reserved)
    }

    public static func workshop(_ name: String = "lab-shell", revision: String = "1") -> WorkshopDefinition {
        var workshop = WorkshopDefinition(name: name, title: "Title of \(name)", description: "About \(name).")
        workshop.revision = revision
        return workshop
    }

    /// An anonymous portal `lab` without limits on launches.
    public static func definitions(
        _ workshops: [(name: String, limits: EnvironmentLimits)] = [("lab-shell", limits())], maximum: Int = 0
    ) -> PortalDefinitions {
        var portal = TrainingPortalDefinition(name: "lab")
        portal.registration = .anonymous
        portal.maximumSessions = maximum
        portal.launches.perAddressPerMinute = 0
        portal.launches.perVisitorPerMinute = 0
        portal.workshops = workshops.map { PortalWorkshop(name: $0.name, limits: $0.limits) }
        return PortalDefinitions(portal: portal, workshops: workshops.map { workshop($0.name) })
    }

    /// `http://lectern.localhost:8080`.
    public static var address: PortalAddress {
        guard let address = PortalAddress(publicURL: "http://lectern.localhost:8080") else {
            preconditionFailure("the fixture's own address")
        }
        return address
    }

    public static func environmentName(_ text: String) -> EnvironmentName {
        guard let name = EnvironmentName(rawValue: text) else {
            preconditionFailure("not an environment's name: \(text)")
        }
        return name
    }

    public static func sessionName(_ text: String) -> SessionName {
        guard let name = SessionName(rawValue: text) else { preconditionFailure("not a session's name: \(text)") }
        return name
    }

    public static func user(_ text: String) -> UserID {
        guard let id = UserID(rawValue: text) else { preconditionFailure("not a user's id: \(text)") }
        return id
    }

    public static func environment(
        _ name: String = "lab-w01", number: Int = 1, workshop: String = "lab-shell", state: EnvironmentState = .running,
        limits: EnvironmentLimits = limits(), created: Timestamp = Timestamp(seconds: 1_795_000_000)
    ) -> WorkshopEnvironment {
        WorkshopEnvironment(
            name: environmentName(name), number: number, workshop: workshop, resource: workshop, revision: "1",
            state: state, position: number, limits: limits, created: created)
    }

    public static func session(
        _ name: String = "lab-w01-s001", in environment: String = "lab-w01", number: Int = 1,
        state: SessionState = .starting, owner: UserID? = nil, created: Timestamp = Timestamp(seconds: 1_795_000_000)
    ) -> WorkshopSession {
        var session = WorkshopSession(
            name: sessionName(name), environment: environmentName(environment), number: number, state: state,
            owner: owner, created: created, clientSecret: SecretToken(presented: "secret of \(name)").digest)
        session.isReady = state == .waiting || state == .running
        return session
    }
}

/// A number generator that gives the same sequence for the same seed (SplitMix64, by Steele, Lea and Flood).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64
    public init(seed: UInt64) { state = seed }
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Lines of a log, for tests that look at what operators see.
public final class RecordedLog: Sendable {
    private let recorded = Mutex<[String]>([])
    public init() {}
    public var lines: [String] { recorded.withLock { $0 } }
    public var log: Log { log(.text) }

    public func log(_ format: Log.Format) -> Log {
        Log(subject: "test", minimum: .debug, format: format) { line in self.recorded.withLock { $0.append(line) } }
    }
}
