import Platform
import Portal
import Synchronization

/// Targets that a recorder was told of, commit by commit.
private final class Told: Sendable {
    let commits = Mutex<[[String]]>([])

    func recorder(hasWebhook: Bool = true) -> EventRecorder {
        let recorder = EventRecorder(
            portal: "lab", uid: "u", url: "http://lab.test", clock: WallClock { Sample.moment(0) },
            hasWebhook: hasWebhook)
        recorder.listen { targets in self.commits.withLock { $0.append(targets) } }
        return recorder
    }

    var all: [String] { commits.withLock { $0.flatMap(\.self) } }
}

extension PortalStore {
    /// Names and streams of all entries of the webhook, in order.
    fileprivate func recordedEvents(for target: String = "") throws -> [String] {
        try read { try $0.outbox(for: target, after: 0, limit: 1000).map { "\($0.event) of \($0.stream)" } }
    }
}

extension StoreConformance {
    static let eventChecks = [
        StoreCheck("Each change is recorded with the change itself, in order, and told after the commit") { store in
            let told = Told()
            store.recordEvents(with: told.recorder())
            var session = try Sample.session(1, 1, .starting)
            try await store.write { [session] transaction in
                try transaction.insert(try Sample.environment(1, state: .starting))
                try transaction.insert(try Sample.anonymous(1))
                try transaction.insert(PortalUser(id: try Sample.user(2), kind: .staff, joined: Sample.moment(0)))
                try transaction.insert(session)
            }
            session.state = .waiting
            session.isReady = true
            try await store.write { [session] in try $0.update(session) }
            session.state = .running
            session.owner = try Sample.user(1)
            session.started = Sample.moment(5)
            session.expires = Sample.moment(60)
            try await store.write { [session] in try $0.update(session) }
            session.expires = Sample.moment(90)
            try await store.write { [session] in try $0.update(session) }
            session.lastSeen = Sample.moment(30)
            try await store.write { [session] in try $0.update(session) }
            session.state = .stopping
            session.end = .expired
            try await store.write { [session] in try $0.update(session) }
            session.state = .stopped
            session.stopped = Sample.moment(91)
            try await store.write { [session] transaction in
                try transaction.update(session)
                var environment = try Sample.found(try transaction.environment(session.environment))
                environment.state = .stopped
                try transaction.update(environment)
            }
            try requireEqual(
                try store.recordedEvents(),
                [
                    "Environment/Created of environment lab-w01", "User/Create of user anon@educates:1",
                    "Session/Created of session lab-w01-s001", "Session/Started of session lab-w01-s001",
                    "Session/Extended of session lab-w01-s001", "Session/Expired of session lab-w01-s001",
                    "Session/Deleted of session lab-w01-s001", "Environment/Terminate of environment lab-w01",
                    "Environment/Deleted of environment lab-w01",
                ], "events")
            try requireEqual(told.all, [String](repeating: "", count: 9), "what the recorder was told")
            try requireEqual(told.commits.withLock { $0.count }, 5, "commits with events")
        },
        StoreCheck("Without anybody who wants events, none are recorded") { store in
            let told = Told()
            store.recordEvents(with: told.recorder(hasWebhook: false))
            try await store.prepare(environments: 1, users: 1)
            try await store.insert([try Sample.session(1, 1, .running, owner: 1)])
            try await store.write { transaction in
                let subject = PortalEvent.Subject.user(try Sample.user(1))
                try transaction.record(PortalEvent("Workshop/View", subject), analyticsURL: nil)
            }
            try requireEqual(try store.read { try $0.outboxCount() }, 0, "entries")
            try require(told.all.isEmpty, "the recorder was told of \(told.all)")
        },
        StoreCheck("A session's own receiver gets that session's events, under the same ids as the webhook") { store in
            let told = Told()
            store.recordEvents(with: told.recorder())
            try await store.prepare(environments: 1, users: 1)
            var session = try Sample.session(1, 1, .starting)
            try await store.insert([session, try Sample.session(1, 2, .starting)])
            session.owner = try Sample.user(1)
            session.analyticsURL = "https://a.example.com/"
            session.state = .stopping
            session.end = .deleted
            try await store.write { [session] in try $0.update(session) }
            try requireEqual(try store.read { try $0.session(session.name) }, session, "the session")
            let own = try store.read { try $0.outbox(for: "https://a.example.com/", after: 0, limit: 9) }
            try requireEqual(own.map(\.event), ["Session/Stopping"], "its own events")
            let hook = try store.read { try $0.outbox(for: "", after: 0, limit: 99) }
            try requireEqual(hook.last?.id, own.first?.id, "ids")
            try requireEqual(hook.last?.body, own.first?.body, "bodies")
            try requireEqual(try store.read { try $0.outboxTargets() }, ["https://a.example.com/"], "targets")
        },
        StoreCheck("A body that throws, and a change that is refused, leave no event behind") { store in
            let told = Told()
            store.recordEvents(with: told.recorder())
            try await store.prepare(environments: 1, users: 0)
            let before = try store.read { try $0.outboxCount() }
            _ = try await requireFailure("a body that throws") {
                try await store.write { transaction in
                    try transaction.insert(try Sample.anonymous(1))
                    try transaction.insert(try Sample.session(1, 1, .running, owner: 1))
                    throw ChangedItsMind()
                }
            }
            _ = try await requireFailure("an owner who does not exist") {
                try await store.insert([try Sample.session(1, 2, .running, owner: 5)])
            }
            try requireEqual(try store.read { try $0.outboxCount() }, before, "entries")
            try requireEqual(told.all.count, before, "what the recorder was told")
        },
        StoreCheck("Anonymous users who are erased are told of, others are not") { store in
            store.recordEvents(with: Told().recorder())
            try await store.write { transaction in
                try transaction.insert(try Sample.anonymous(1))
                try transaction.insert(PortalUser(id: try Sample.user(2), kind: .registered, joined: Sample.moment(0)))
            }
            try await store.write { transaction in
                for number in 1...2 { try transaction.erase(try Sample.user(number)) }
            }
            try requireEqual(
                try store.recordedEvents(),
                ["User/Create of user anon@educates:1", "User/Delete of user anon@educates:1"], "events")
        },
        StoreCheck("Anonymous users who are purged are told of") { store in
            store.recordEvents(with: Told().recorder())
            try await store.write { try $0.insert(try Sample.anonymous(1)) }
            try await store.write { transaction in
                _ = try transaction.purge(endedBefore: Sample.moment(9), now: Sample.moment(9), limit: 9)
            }
            try requireEqual(
                try store.recordedEvents(),
                ["User/Create of user anon@educates:1", "User/Delete of user anon@educates:1"], "events")
        },
        StoreCheck("Entries are read after a number and up to a limit, removed by number, and dropped from the front") {
            store in
            store.recordEvents(with: Told().recorder())
            for number in 1...6 { try await store.write { try $0.insert(try Sample.anonymous(number)) } }
            let all = try store.read { try $0.outbox(for: "", after: 0, limit: 99) }
            try requireEqual(all.map(\.number), all.map(\.number).sorted(), "order")
            try requireEqual(all.count, 6, "entries")
            try requireEqual(Set(all.map(\.id)).count, 6, "ids")
            let page = try store.read { try $0.outbox(for: "", after: all[1].number, limit: 2) }
            try requireEqual(page, Array(all[2...3]), "a page")
            try await store.write { try $0.removeFromOutbox([all[2].number, all[2].number, 999]) }
            let gone = try await store.write { try $0.removeOldestFromOutbox(2) }
            try requireEqual(gone.sorted(), [all[0].number, all[1].number], "dropped")
            try requireEqual(
                try store.read { try $0.outbox(for: "", after: 0, limit: 9).map(\.number) }, all[3...].map(\.number),
                "left")
            try requireEqual(try store.read { try $0.outboxCount() }, 3, "count")
            try await store.write { try $0.removeFromOutbox(all.map(\.number)) }
            try await store.write { try $0.insert(try Sample.anonymous(9)) }
            let next = try store.read { try $0.outbox(for: "", after: 0, limit: 9).first }
            try require(next.map { $0.number > all[5].number } ?? false, "a number was used again")
        },
    ]
}
