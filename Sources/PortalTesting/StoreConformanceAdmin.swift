import Platform
import Portal

extension StoreConformance {
    static let adminChecks = [
        StoreCheck("A list of sessions, read page by page in either direction, is what its filters and order say") {
            store in
            try await store.prepare(environments: 4, users: 12)
            var random = SeededNumbers(seed: 7)
            var all: [WorkshopSession] = []
            for number in 1...160 {
                var session = try Sample.session(
                    Int.random(in: 1...4, using: &random), number,
                    SessionState.allCases[Int.random(in: 0..<5, using: &random)],
                    owner: Int.random(in: 0...12, using: &random), created: Int.random(in: 0...40, using: &random),
                    expires: Int.random(in: 0...30, using: &random))
                if session.owner?.rawValue == "anon@educates:0" { session.owner = nil }
                if number % 5 == 0 { session.expires = nil }
                all.append(session)
            }
            try await store.insert(all)
            for round in 0..<300 {
                var listing = SessionListing(limit: Int.random(in: 1...20, using: &random))
                listing.order = SessionListing.Order.allCases[round % 3]
                if round % 2 == 0 {
                    listing.states = Set(SessionState.allCases.filter { _ in Bool.random(using: &random) })
                }
                if round % 3 == 0 { listing.environment = try Sample.environmentName((round / 3) % 5 + 1) }
                if round % 5 == 0 { listing.owner = try Sample.user((round / 5) % 14 + 1) }
                if round % 4 == 1 {
                    listing.search = ["S00", "educates:1", "w02-s1", "%", "'", "nobody"][round / 4 % 6]
                }
                try requirePages(of: listing, in: all, store)
            }
        },
        StoreCheck("A page that begins where a session was goes on after it, though it is gone") { store in
            try await store.prepare(environments: 1)
            try await store.insert(try (1...6).map { try Sample.session(1, $0, .waiting) })
            var listing = SessionListing(order: .name, limit: 2)
            let first = try store.read { try $0.sessions(listing) }
            let last = try Sample.found(first.sessions.last)
            try await store.write { transaction in
                var gone = try Sample.found(try transaction.session(last.name))
                gone.state = .stopped
                gone.stopped = Sample.moment(0)
                try transaction.update(gone)
                _ = try transaction.purgeSessions(endedBefore: Sample.moment(1), limit: 9)
            }
            listing.position = .after(SessionPlace(of: last, in: .name))
            try requireEqual(try store.read { try $0.sessions(listing).sessions.map(\.number) }, [3, 4], "second page")
            listing.position = .before(SessionPlace(of: last, in: .name))
            try requireEqual(try store.read { try $0.sessions(listing).sessions.map(\.number) }, [1], "page before")
        },
        StoreCheck("Log entries come back as they were written, the latest first, with rising numbers") { store in
            var written: [AuditEntry] = []
            for (index, outcome) in AuditEntry.Outcome.allCases.enumerated() {
                let actions = AuditEntry.Action.allCases
                var entry = AuditEntry(
                    moment: Sample.moment(index), actor: try Sample.user(index), action: actions[index % actions.count],
                    target: "target \(index) '; --", outcome: outcome, amount: index * 60)
                entry.number = try await store.write { [entry] in try $0.insert(entry) }
                written.append(entry)
            }
            try requireEqual(written.map(\.number), written.map(\.number).sorted(), "numbers")
            try require(Set(written.map(\.number)).count == written.count, "a number was used twice")
            try requireEqual(
                try store.read { try $0.auditEntries(before: nil, limit: 100) }, written.reversed(), "all")
            let before = written[5].number
            try requireEqual(
                try store.read { try $0.auditEntries(before: before, limit: 2) }, [written[4], written[3]], "a page")
            try requireEqual(try store.read { try $0.auditEntry(before) }, written[5], "one")
            try require(try store.read { try $0.auditEntry(9999) } == nil, "one that is not there")
            let gone = try await store.write { try $0.purgeAudit(before: Sample.moment(3), limit: 2) }
            try requireEqual(gone, 2, "removed at most")
            let rest = try await store.write { try $0.purgeAudit(before: Sample.moment(3), limit: 9) }
            try requireEqual(rest, 1, "removed then")
            try requireEqual(
                try store.read { try $0.auditEntries(before: nil, limit: 100).count }, written.count - 3, "left")
        },
        StoreCheck("Beyond its limit the log forgets its oldest entries") { store in
            let entry = AuditEntry(
                moment: Sample.moment(0), actor: try Sample.user(1), action: .purge, target: "", outcome: .purged)
            let first = try await store.write { store in
                let first = try store.insert(entry)
                for _ in 0..<AuditEntry.limit { _ = try store.insert(entry) }
                return first
            }
            try require(try store.read { try $0.auditEntry(first) } == nil, "the first is still there")
            let kept = try store.read { try $0.auditEntries(before: nil, limit: AuditEntry.limit + 9) }
            try requireEqual(kept.count, AuditEntry.limit, "entries")
            try requireEqual(kept.last?.number, first + 1, "the oldest")
        },
        StoreCheck("The log keeps what was done by and to a user who is erased, and forgets who they were") { store in
            try await store.prepare(environments: 0, users: 2)
            let (gone, other) = (try Sample.user(1), try Sample.user(2))
            func entry(_ actor: UserID, _ action: AuditEntry.Action, _ target: String) -> AuditEntry {
                AuditEntry(moment: Sample.moment(0), actor: actor, action: action, target: target, outcome: .ended)
            }
            let written = [
                entry(gone, .terminate, "lab-w01-s001"), entry(other, .endSessions, gone.rawValue),
                entry(other, .endSessions, other.rawValue), entry(gone, .endSessions, gone.rawValue),
            ]
            try await store.write { store in
                for entry in written { _ = try store.insert(entry) }
                try store.erase(gone)
            }
            let found = try store.read { try $0.auditEntries(before: nil, limit: 9) }.reversed()
            let erased = AuditEntry.erased.rawValue
            try requireEqual(found.map(\.actor.rawValue), [erased, other.rawValue, other.rawValue, erased], "actors")
            try requireEqual(found.map(\.target), ["lab-w01-s001", erased, other.rawValue, erased], "targets")
        },
        StoreCheck("A log entry of a body that throws is not written") { store in
            let entry = AuditEntry(
                moment: Sample.moment(0), actor: try Sample.user(1), action: .purge, target: "", outcome: .purged)
            _ = try await requireFailure("the changed mind") {
                try await store.write { transaction in
                    _ = try transaction.insert(entry)
                    throw ChangedItsMind()
                }
            }
            try require(try store.read { try $0.auditEntries(before: nil, limit: 1).isEmpty }, "an entry")
        },
        StoreCheck("Ended sessions are purged alone: those that ended first, within the limit, and no users") { store in
            try await store.prepare(environments: 1, users: 1)
            try await store.insert([
                try Sample.session(1, 1, .stopped, owner: 1, created: 30),
                try Sample.session(1, 2, .stopped, created: 10),
                try Sample.session(1, 3, .stopped, created: 20),
                try Sample.session(1, 4, .stopping, created: 1),
                try Sample.session(1, 5, .stopped, created: 90),
            ])
            let first = try await store.write { try $0.purgeSessions(endedBefore: Sample.moment(50), limit: 2) }
            try requireEqual(first, 2, "removed at most")
            try require(try store.read { try $0.session(try Sample.sessionName(1, 1)) } != nil, "the third is gone")
            let second = try await store.write { try $0.purgeSessions(endedBefore: Sample.moment(50), limit: 2) }
            try requireEqual(second, 1, "removed then")
            let left = try store.read { store in
                try (1...5).filter { try store.session(try Sample.sessionName(1, $0)) != nil }
            }
            try requireEqual(left, [4, 5], "left")
            try require(try store.read { try $0.user(try Sample.user(1)) } != nil, "the owner is gone")
        },
    ]

    /// Reads a list forwards and backwards and compares it with the one made by hand.
    private static func requirePages(
        of listing: SessionListing, in all: [WorkshopSession], _ store: any PortalStore
    ) throws {
        func place(_ session: WorkshopSession) -> SessionPlace { SessionPlace(of: session, in: listing.order) }
        let expected = all.filter(listing.contains).sorted { listing.isOrdered(place($0), place($1)) }.map(\.name)
        var listing = listing
        var pages: [SessionPage] = []
        repeat {
            if let last = pages.last?.sessions.last { listing.position = .after(place(last)) }
            pages.append(try store.read { try $0.sessions(listing) })
        } while pages.last?.hasLater == true
        try requireEqual(pages.flatMap(\.sessions).map(\.name), expected, "forwards: \(listing)")
        try require(pages.dropLast().allSatisfy { $0.sessions.count == listing.limit }, "a short page: \(listing)")
        try require(pages[0].hasEarlier == false, "something before the first page")
        guard let last = pages.last?.sessions.last else { return }
        var backwards: [SessionName] = [last.name]
        listing.position = .before(place(last))
        while true {
            let page = try store.read { try $0.sessions(listing) }
            backwards = page.sessions.map(\.name) + backwards
            guard page.hasEarlier, let first = page.sessions.first else { break }
            listing.position = .before(place(first))
        }
        try requireEqual(backwards, expected, "backwards: \(listing)")
    }
}
