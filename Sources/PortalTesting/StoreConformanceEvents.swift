import Platform
import Portal
import Synchronization

/// What a recorder was told, commit by commit.
private final class Told: Sendable {
    let commits = Mutex<[OutboxChange]>([])

    func recorder(hasWebhook: Bool = true) -> EventRecorder {
        let recorder = EventRecorder(clock: WallClock { Sample.moment(0) }, hasWebhook: hasWebhook)
        recorder.listen { change in self.commits.withLock { $0.append(change) } }
        return recorder
    }

    /// How many entries it was told of.
    var added: Int { commits.withLock { $0.reduce(0) { $0 + $1.added.values.reduce(0, +) } } }
    var withdrawn: [Int64] { commits.withLock { $0.flatMap(\.withdrawn) } }
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
            try requireEqual(told.added, 9, "how many the recorder was told of")
            try requireEqual(told.commits.withLock { $0.first?.added }, ["": 3], "what it was told first")
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
            try requireEqual(told.commits.withLock { $0.count }, 0, "commits with events")
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
            try requireEqual(hook.last?.content, own.first?.content, "contents")
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
            try requireEqual(told.added, before, "how many the recorder was told of")
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
                try store.recordedEvents(), ["User/Delete of user anon@educates:1"], "events")
        },
        StoreCheck("What waits to be told about a user who is erased is taken back, and nothing else") { store in
            let told = Told()
            store.recordEvents(with: told.recorder())
            try await store.write { transaction in
                try transaction.insert(try Sample.environment(1))
                for number in 1...3 { try transaction.insert(try Sample.anonymous(number)) }
                var session = try Sample.session(1, 1, .running, owner: 2)
                session.analyticsURL = "https://a.example.com/"
                try transaction.insert(session)
                try transaction.insert(try Sample.session(1, 2, .running, owner: 3))
            }
            try await store.write { transaction in
                for number in 1...2 {
                    var session = try Sample.found(try transaction.session(try Sample.session(1, number).name))
                    session.state = .stopped
                    session.stopped = Sample.moment(8)
                    session.end = .deleted
                    try transaction.update(session)
                }
            }
            let all = try store.read { try $0.outbox(for: "", after: 0, limit: 99) }
            let own = try store.read { try $0.outbox(for: "https://a.example.com/", after: 0, limit: 99) }
            let user = try Sample.user(2)
            let about = all.filter { $0.isAbout([user]) }
            try require(about.count > 2 && about.count < all.count && !own.isEmpty, "too little was recorded")
            _ = try await requireFailure("an erasure that is undone") {
                try await store.write { transaction in
                    try transaction.erase(user)
                    throw ChangedItsMind()
                }
            }
            try requireEqual(try store.read { try $0.outbox(for: "", after: 0, limit: 99) }, all, "after an undo")
            try await store.write { transaction in
                // Also what the same transaction has recorded before.
                let subject = PortalEvent.Subject.session(
                    try Sample.session(1, 1).name, environment: try Sample.environment(1).name, workshop: "w",
                    user: user)
                try transaction.record(PortalEvent("Workshop/View", subject), analyticsURL: nil)
                try transaction.erase(user)
            }
            let left = try store.read { try $0.outbox(for: "", after: 0, limit: 99) }
            try requireEqual(Array(left.dropLast()), all.filter { !$0.isAbout([user]) }, "what is left")
            try requireEqual(left.last?.event, "User/Delete", "the last")
            try requireEqual(
                try store.read { try $0.outbox(for: "https://a.example.com/", after: 0, limit: 99) }, [], "own events")
            let gone = Set((about + own).map(\.number))
            try require(gone.isSubset(of: told.withdrawn), "the recorder was told of \(told.withdrawn)")
            try requireEqual(told.added - told.withdrawn.count, left.count, "how many the recorder knows of")
            try requireEqual(try store.read { try $0.outboxCount() }, left.count, "count")
        },
        StoreCheck("Writes that wait together may record, erase and fail, each as if it were alone") { store in
            let told = Told()
            store.recordEvents(with: told.recorder())
            try await store.write { transaction in
                for number in 1...20 { try transaction.insert(try Sample.anonymous(number)) }
            }
            await withTaskGroup { group in
                for number in 1...20 {
                    group.addTask {
                        try? await store.write { transaction in
                            try transaction.erase(try Sample.user(number))
                            if number.isMultiple(of: 3) { throw ChangedItsMind() }
                        }
                    }
                    group.addTask { try? await store.write { try $0.insert(try Sample.anonymous(100 + number)) } }
                }
            }
            let events = try store.recordedEvents().sorted()
            let expected = (1...20).map { number in
                let event = number.isMultiple(of: 3) ? "Create" : "Delete"
                return "User/\(event) of user anon@educates:\(number)"
            }
            let others = (101...120).map { "User/Create of user anon@educates:\($0)" }
            try requireEqual(events, (expected + others).sorted(), "events")
            try requireEqual(told.added - told.withdrawn.count, events.count, "what the recorder was told")
        },
        StoreCheck("Anonymous users who are purged are told of, and of them nothing else") { store in
            store.recordEvents(with: Told().recorder())
            try await store.write { transaction in
                for number in 1...2 { try transaction.insert(try Sample.anonymous(number)) }
            }
            try await store.write { transaction in
                _ = try transaction.purge(endedBefore: Sample.moment(9), now: Sample.moment(9), limit: 1)
            }
            let events = try store.recordedEvents()
            try requireEqual(events.count, 2, "events")
            try require(events[0].hasPrefix("User/Create") && events[1].hasPrefix("User/Delete"), "found \(events)")
            try require(events[0].suffix(1) != events[1].suffix(1), "the wrong user's was kept")
        },
        StoreCheck("Entries that were recorded together are delivered one by one") { store in
            store.recordEvents(with: Told().recorder())
            try await store.write { transaction in
                for number in 1...20 { try transaction.insert(try Sample.anonymous(number)) }
            }
            try await store.write { try $0.insert(try Sample.anonymous(21)) }
            let all = try store.read { try $0.outbox(for: "", after: 0, limit: 99) }
            try requireEqual(all.count, 21, "entries")
            try requireEqual(Set(all.map(\.number)).count, 21, "numbers")
            for place in [3, 0, 19, 7] {
                let removed = try await store.write { try $0.removeFromOutbox([all[place].number, all[place].number]) }
                try requireEqual(removed, 1, "removed")
                let again = try await store.write { try $0.removeFromOutbox([all[place].number]) }
                try requireEqual(again, 0, "removed again")
            }
            let left = all.indices.filter { ![3, 0, 19, 7].contains($0) }.map { all[$0] }
            try requireEqual(try store.read { try $0.outbox(for: "", after: 0, limit: 99) }, left, "left")
            try requireEqual(
                try store.read { try $0.outbox(for: "", after: left[2].number, limit: 4) }, Array(left[3...6]), "a page"
            )
            try requireEqual(try store.read { try $0.outboxCount() }, left.count, "count")
            let removed = try await store.write { try $0.removeFromOutbox(all.map(\.number)) }
            try requireEqual(removed, left.count, "removed at last")
            try requireEqual(try store.read { try $0.outboxCount() }, 0, "count at last")
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
            let removed = try await store.write { try $0.removeFromOutbox([all[2].number, all[2].number, 999]) }
            try requireEqual(removed, 1, "removed")
            let gone = try await store.write { try $0.removeOldestFromOutbox(2) }
            try requireEqual(gone.sorted(), [all[0].number, all[1].number], "dropped")
            try requireEqual(
                try store.read { try $0.outbox(for: "", after: 0, limit: 9).map(\.number) }, all[3...].map(\.number),
                "left")
            try requireEqual(try store.read { try $0.outboxCount() }, 3, "count")
            _ = try await store.write { try $0.removeFromOutbox(all.map(\.number)) }
            try await store.write { try $0.insert(try Sample.anonymous(9)) }
            let next = try store.read { try $0.outbox(for: "", after: 0, limit: 9).first }
            try require(next.map { $0.number > all[5].number } ?? false, "a number was used again")
        },
    ]
}
