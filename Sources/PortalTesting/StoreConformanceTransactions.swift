import Platform
import Portal
import Synchronization

extension StoreConformance {
    static let transactionChecks = [
        StoreCheck("A transaction sees its own changes") { store in
            try await store.prepare(environments: 1, users: 1)
            try await store.write { transaction in
                let name = try Sample.environmentName(1)
                try transaction.insert(try Sample.session(1, 1, .waiting))
                var session = try Sample.found(try transaction.reservedSession(of: name))
                try requireEqual(try transaction.counts(of: name), SessionCounts(active: 1, available: 1), "reserved")
                session.state = .running
                session.owner = try Sample.user(1)
                try transaction.update(session)
                try requireEqual(try transaction.counts(of: name), SessionCounts(active: 1, allocated: 1), "in use")
                try requireEqual(try transaction.sessions(ownedBy: try Sample.user(1)), [session], "of the user")
                try requireEqual(try transaction.session(session.name), session, "by name")
                var environment = try Sample.found(try transaction.environment(name))
                environment.nextSession += 1
                try transaction.update(environment)
                try requireEqual(try transaction.environments(), [environment], "the environment")
            }
        },
        StoreCheck("A body that throws fails with its own error and undoes its changes") { store in
            try await store.prepare(environments: 2, users: 1)
            try await store.insert([try Sample.session(1, 1, .waiting)])
            let before = try store.read { try Snapshot($0) }
            let error = try await requireFailure("the changed mind") {
                try await store.write { transaction in
                    var environment = try Sample.found(try transaction.environment(try Sample.environmentName(1)))
                    environment.nextSession = 99
                    environment.position = 99
                    try transaction.update(environment)
                    environment = try Sample.found(try transaction.environment(try Sample.environmentName(2)))
                    environment.state = .stopped
                    try transaction.update(environment)
                    try transaction.insert(try Sample.environment(3))
                    try transaction.insert(try Sample.anonymous(2))
                    var session = try Sample.found(try transaction.session(try Sample.sessionName(1, 1)))
                    session.state = .stopped
                    try transaction.update(session)
                    try transaction.insert(try Sample.session(1, 2, .starting, owner: 2))
                    try transaction.setSetting("key", to: [1])
                    throw ChangedItsMind()
                }
            }
            try require(error is ChangedItsMind, "failed with \(error)")
            try requireEqual(try store.read { try Snapshot($0) }, before, "the state")
            try require(try store.read { try $0.setting("key") } == nil, "the setting")
            // The identifiers that were taken are free again.
            try await store.write { transaction in
                try transaction.insert(try Sample.anonymous(2))
                try transaction.insert(try Sample.session(1, 2, .starting, owner: 2))
            }
        },
        StoreCheck("A body that throws spoils nothing for those beside it, before or after") { store in
            try await store.prepare(environments: 1)
            let outcomes = await store.writeAtOnce(300) { number, transaction in
                try transaction.insert(try Sample.session(1, number, .waiting))
                if number % 3 == 0 { throw ChangedItsMind() }
            }
            for (number, outcome) in outcomes {
                try requireEqual(outcome, number % 3 != 0, "write \(number)")
            }
            let found = try store.read { try $0.sessions(of: try Sample.environmentName(1)).map(\.number) }
            try requireEqual(found, (1...300).filter { $0 % 3 != 0 }, "sessions")
            let counts = try store.read { try $0.countsOfPortal() }
            try requireEqual(counts, SessionCounts(active: 200, available: 200), "counts")
        },
        StoreCheck("Writes run, and complete, in the order in which they were queued") { store in
            let ran = Box<[Int]>([])
            let outcomes = await store.writeAtOnce(500) { number, transaction in
                ran.change { $0.append(number) }
                if number % 2 == 0 { try transaction.setSetting("last", to: [UInt8(number % 256)]) }
                if number % 7 == 0 { throw ChangedItsMind() }
            }
            try requireEqual(outcomes.map(\.number), Array(1...500), "completions")
            try requireEqual(ran.value, Array(1...500), "bodies")
        },
        StoreCheck("A completed write is seen by every read that begins after it") { store in
            for number in 1...50 {
                let seen = await withCheckedContinuation { continuation in
                    store.write({ try $0.setSetting("n", to: [UInt8(number)]) }) { _ in
                        continuation.resume(returning: Result { try store.read { try $0.setting("n") } })
                    }
                }
                try requireEqual(try seen.get(), [UInt8(number)], "in the completion")
                try requireEqual(try store.read { try $0.setting("n") }, [UInt8(number)], "afterwards")
            }
        },
        StoreCheck("A read sees one state, whatever is written meanwhile") { store in
            try await store.prepare(environments: 1, users: 1)
            try await store.write { try $0.setSetting("sessions", to: [0]) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for number in 1...200 {
                        try await store.write { transaction in
                            try transaction.insert(try Sample.session(1, number, .waiting))
                            try transaction.setSetting("sessions", to: [UInt8(number)])
                        }
                    }
                }
                for _ in 0..<2 {
                    group.addTask {
                        for _ in 0..<400 {
                            try store.read { reader in
                                let first = try reader.countsOfPortal().available
                                let setting = Int(try reader.setting("sessions")?.first ?? 0)
                                let listed = try reader.sessions(of: try Sample.environmentName(1)).count
                                let last = try reader.counts(of: try Sample.environmentName(1)).active
                                try requireEqual([setting, listed, last], [first, first, first], "figures")
                            }
                            await Task.yield()
                        }
                    }
                }
                try await group.waitForAll()
            }
        },
        StoreCheck("No change is lost when many write at once") { store in
            try await store.write { try $0.setSetting("counter", to: [0, 0]) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        for _ in 0..<25 {
                            try await store.write { transaction in
                                let old = try Sample.found(try transaction.setting("counter"))
                                let value = Int(old[0]) * 256 + Int(old[1]) + 1
                                try transaction.setSetting("counter", to: [UInt8(value / 256), UInt8(value % 256)])
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            try requireEqual(try store.read { try $0.setting("counter") }, [1, 144], "400 in two bytes")
        },
        StoreCheck("A read that throws fails with its own error") { store in
            let error = try await requireFailure("the changed mind") { try store.read { _ in throw ChangedItsMind() } }
            try require(error is ChangedItsMind, "failed with \(error)")
        },
        StoreCheck("Closing finishes what is queued; afterwards everything fails as closed") { store in
            let done = Box<[Bool]>([])
            for number in 1...100 {
                store.write({ try $0.setSetting("\(number)", to: []) }) { result in
                    done.change { $0.append((try? result.get()) != nil) }
                }
            }
            store.close()
            try requireEqual(done.value, [Bool](repeating: true, count: 100), "queued writes")
            let writing = try await requireFailure("writing") {
                try await store.write { try $0.setSetting("a", to: []) }
            }
            try requireEqual(writing as? PortalStoreError, .closed, "writing")
            let reading = try await requireFailure("reading") { try store.read { try $0.environments() } }
            try requireEqual(reading as? PortalStoreError, .closed, "reading")
            store.close()
        },
    ]

    static let countChecks = [
        StoreCheck("Each state counts where it should") { store in
            try await store.prepare(environments: 1, users: 1)
            let expected: [(SessionState, owner: Int?, SessionCounts)] = [
                (.starting, nil, SessionCounts(active: 1, warming: 1)),
                (.starting, 1, SessionCounts(active: 1, allocated: 1)),
                (.waiting, nil, SessionCounts(active: 1, available: 1)),
                (.waiting, 1, SessionCounts(active: 1, allocated: 1)),
                (.running, 1, SessionCounts(active: 1, allocated: 1)),
                (.stopping, nil, SessionCounts(active: 1)),
                (.stopping, 1, SessionCounts(active: 1, allocated: 1)),
                (.stopped, nil, SessionCounts()),
                (.stopped, 1, SessionCounts()),
            ]
            for (step, (state, owner, counts)) in expected.enumerated() {
                let before = try store.read { try $0.countsOfPortal() }
                try await store.insert([try Sample.session(1, step + 1, state, owner: owner)])
                let after = try store.read { try $0.countsOfPortal() }
                try requireEqual(after.active - before.active, counts.active, "active, \(state)")
                try requireEqual(after.allocated - before.allocated, counts.allocated, "allocated, \(state)")
                try requireEqual(after.available - before.available, counts.available, "available, \(state)")
                try requireEqual(after.warming - before.warming, counts.warming, "warming, \(state)")
                try requireEqual(try store.read { try $0.counts(of: try Sample.environmentName(1)) }, after, "of one")
            }
        },
        StoreCheck("Counts equal a recount after every step of a random sequence") { store in
            for seed in [1, 2, 3] as [UInt64] { try await randomSequence(on: store, seed: seed, steps: 400) }
        },
    ]

    /// Sessions come, change and go at random in three environments, several writes at a time, a quarter of them undone.
    private static func randomSequence(on store: any PortalStore, seed: UInt64, steps: Int) async throws {
        var numbers = SeededNumbers(seed: seed)
        let environments = (1...3).map { Int(seed) * 10 + $0 }
        let owner = Int(seed)
        try await store.write { transaction in
            for number in environments { try transaction.insert(try Sample.environment(number)) }
            try transaction.insert(try Sample.anonymous(owner))
        }
        let next = Box(0)
        for step in 0..<steps / 8 {
            let seeds = (0..<8).map { _ in numbers.next() }
            _ = await store.writeAtOnce(8) { place, transaction in
                var numbers = SeededNumbers(seed: seeds[place - 1])
                for _ in 0..<Int.random(in: 1...3, using: &numbers) {
                    try randomChange(
                        transaction, environment: environments.randomElement(using: &numbers) ?? 1, owner: owner,
                        next: next, numbers: &numbers)
                }
                if Int.random(in: 0..<4, using: &numbers) == 0 { throw ChangedItsMind() }
            }
            try store.read { reader in
                for number in environments {
                    let name = try Sample.environmentName(number)
                    let counted = count(try reader.sessions(of: name))
                    try requireEqual(try reader.counts(of: name), counted, "seed \(seed), step \(step), \(name)")
                }
                let all = try SessionState.allCases.flatMap { try reader.sessions(in: $0, after: nil, limit: .max) }
                try requireEqual(try reader.countsOfPortal(), count(all), "seed \(seed), step \(step), portal")
            }
        }
    }

    private static func randomChange(
        _ transaction: any PortalTransaction, environment: Int, owner: Int, next: Box<Int>, numbers: inout SeededNumbers
    ) throws {
        let name = try Sample.environmentName(environment)
        switch Int.random(in: 0..<10, using: &numbers) {
        case 0...3:
            let number = next.change { value in
                value += 1
                return value
            }
            let isReserved = Bool.random(using: &numbers)
            try transaction.insert(try Sample.session(environment, number, .starting, owner: isReserved ? nil : owner))
        case 4...5:
            guard var session = try transaction.reservedSession(of: name) else { return }
            session.owner = try Sample.user(owner)
            session.state = .running
            try transaction.update(session)
        case 6...8:
            guard var session = try transaction.sessions(of: name).randomElement(using: &numbers) else { return }
            session.state = SessionState.allCases.randomElement(using: &numbers) ?? .running
            try transaction.update(session)
        default:
            let limit = Int.random(in: 0...3, using: &numbers)
            _ = try transaction.purge(endedBefore: Sample.moment(1_000_000), now: Sample.moment(-1), limit: limit)
            // The purge may have taken the owner along with the last session.
            if try transaction.user(try Sample.user(owner)) == nil {
                try transaction.insert(try Sample.anonymous(owner))
            }
        }
    }

    private static func count(_ sessions: [WorkshopSession]) -> SessionCounts {
        SessionCounts(
            active: sessions.count { $0.state != .stopped },
            allocated: sessions.count { $0.state != .stopped && $0.owner != nil },
            available: sessions.count { $0.state == .waiting && $0.owner == nil },
            warming: sessions.count { $0.state == .starting && $0.owner == nil })
    }
}

/// What the checks compare before and after.
private struct Snapshot: Equatable {
    var environments: [WorkshopEnvironment]
    var sessions: [WorkshopSession]
    var portal: SessionCounts
    var byEnvironment: [SessionCounts]
    var users: [PortalUser?]

    init(_ reader: any PortalReader) throws {
        environments = try reader.environments()
        sessions = try SessionState.allCases.flatMap { try reader.sessions(in: $0, after: nil, limit: 1000) }
        portal = try reader.countsOfPortal()
        byEnvironment = try (1...3).map { try reader.counts(of: try Sample.environmentName($0)) }
        users = try (1...3).map { try reader.user(try Sample.user($0)) }
    }
}

/// A value that several threads change.
final class Box<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>
    init(_ value: Value) { mutex = Mutex(value) }
    var value: Value { mutex.withLock { $0 } }
    @discardableResult
    func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result { mutex.withLock { body(&$0) } }
}

extension PortalStore {
    /// Queues writes 1 to `number` without waiting between them.
    /// - Returns: which write succeeded, in the order of completion.
    func writeAtOnce(
        _ number: Int, _ body: @escaping @Sendable (Int, any PortalTransaction) throws -> Void
    ) async -> [(number: Int, succeeded: Bool)] {
        let done = Box<[(number: Int, succeeded: Bool)]>([])
        return await withCheckedContinuation { continuation in
            for place in 1...number {
                write({ try body(place, $0) }) { result in
                    var succeeded = false
                    if case .success = result { succeeded = true }
                    let isLast = done.change { done in
                        done.append((place, succeeded))
                        return done.count == number
                    }
                    if isLast { continuation.resume(returning: done.value) }
                }
            }
        }
    }
}
