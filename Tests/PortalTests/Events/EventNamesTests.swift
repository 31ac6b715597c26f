import Platform
import PortalTesting
import Testing

@testable import Portal

@Suite("Events follow from changes")
struct EventNamesTests {
    private static func session(_ change: (inout WorkshopSession) -> Void = { _ in }) -> WorkshopSession {
        var session = Fixture.session(state: .waiting)
        change(&session)
        return session
    }
    private static let moment = Timestamp(seconds: 1_795_000_000)
    private static let running = session {
        $0.state = .running
        $0.owner = Fixture.user("ann")
        $0.started = moment
        $0.expires = moment.advanced(bySeconds: 60)
    }

    private static func running(_ change: (inout WorkshopSession) -> Void) -> WorkshopSession {
        var session = running
        change(&session)
        return session
    }

    private static func ended(_ end: SessionEnd, owner: Bool = true) -> WorkshopSession {
        running {
            $0.state = .stopping
            $0.end = end
            if !owner { $0.owner = nil }
        }
    }

    struct Row: Sendable {
        let old: WorkshopSession?
        let new: WorkshopSession
        let names: [String]
    }

    private static let pending = session {
        $0.owner = Fixture.user("ann")
        $0.activation = SecretToken(presented: "a").digest
    }

    static let rows: [Row] = [
        Row(old: nil, new: session(), names: ["Session/Created"]),
        Row(old: nil, new: running, names: ["Session/Created", "Session/Started"]),
        Row(old: nil, new: pending, names: ["Session/Created", "Session/Pending"]),
        Row(old: session(), new: pending, names: ["Session/Pending"]),
        Row(
            old: pending,
            new: session {
                $0.owner = Fixture.user("ann")
                $0.activation = SecretToken(presented: "b").digest
            }, names: []),
        Row(old: pending, new: running, names: ["Session/Started"]),
        Row(old: session(), new: running, names: ["Session/Started"]),
        Row(old: running, new: running { $0.lastSeen = moment }, names: []),
        Row(
            old: running, new: running { $0.expires = moment.advanced(bySeconds: 90) }, names: ["Session/Extended"]),
        Row(old: running, new: running { $0.expires = nil }, names: ["Session/Extended"]),
        Row(old: running, new: running { $0.expires = moment.advanced(bySeconds: 30) }, names: []),
        Row(old: running, new: ended(.deleted), names: ["Session/Stopping"]),
        Row(old: running, new: ended(.terminated), names: ["Session/Stopping"]),
        Row(old: running, new: ended(.startFailed), names: ["Session/Stopping"]),
        Row(old: running, new: ended(.expired), names: ["Session/Expired"]),
        Row(old: pending, new: ended(.notActivated), names: ["Session/Expired"]),
        Row(old: running, new: ended(.orphaned), names: ["Session/Orphaned"]),
        Row(old: running, new: ended(.vanished), names: ["Session/Vanished"]),
        Row(old: session(), new: ended(.released, owner: false), names: ["Session/Terminate"]),
        Row(old: ended(.deleted), new: ended(.deleted), names: []),
        Row(
            old: ended(.deleted),
            new: running {
                $0.state = .stopped
                $0.end = .deleted
            }, names: ["Session/Deleted"]),
        Row(
            old: ended(.released, owner: false),
            new: session {
                $0.state = .stopped
                $0.end = .released
            }, names: []),
        Row(
            old: running,
            new: running {
                $0.state = .stopped
                $0.end = .vanished
            }, names: ["Session/Vanished", "Session/Deleted"]),
    ]

    @Test("A session's change is told as what it is", arguments: rows)
    func sessions(row: Row) {
        // Rows that start as reserved have their `started` from nowhere.
        let names = EventNames.ofSession(from: row.old, to: row.new).filter { name in
            name != "Session/Started" || row.names.contains(name) || row.new.state == .running
        }
        #expect(names == row.names)
    }

    @Test("An environment's change is told as what it is")
    func environments() {
        #expect(EventNames.ofEnvironment(from: nil, to: .starting) == ["Environment/Created"])
        #expect(EventNames.ofEnvironment(from: .starting, to: .running) == [])
        #expect(EventNames.ofEnvironment(from: .running, to: .stopping) == ["Environment/Terminate"])
        #expect(EventNames.ofEnvironment(from: .stopping, to: .stopped) == ["Environment/Deleted"])
        #expect(
            EventNames.ofEnvironment(from: .running, to: .stopped) == ["Environment/Terminate", "Environment/Deleted"])
        #expect(EventNames.ofEnvironment(from: .stopped, to: .stopped) == [])
    }

    @Test("Only anonymous users are told of")
    func users() {
        let recorder = EventRecorder(clock: .system, hasWebhook: true)
        for kind in PortalUser.Kind.allCases {
            let user = PortalUser(id: Fixture.user("ann"), kind: kind, joined: EventNamesTests.moment)
            let names = recorder.entries(creating: user).map(\.event)
            #expect(names == (kind == .anonymous ? ["User/Create"] : []))
        }
    }
}
