import Platform
import Portal

extension StoreConformance {
    static let sessionQueryChecks = [
        StoreCheck("Sessions that are not stopped are counted by environment and state") { store in
            try await store.prepare(environments: 3, users: 1)
            try await store.insert([
                try Sample.session(1, 1, .running, owner: 1),
                try Sample.session(1, 2, .running, owner: 1),
                try Sample.session(1, 3, .waiting),
                try Sample.session(1, 4, .stopped),
                try Sample.session(2, 1, .starting),
                try Sample.session(2, 2, .starting, owner: 1),
                try Sample.session(2, 3, .stopping, owner: 1),
                try Sample.session(3, 1, .stopped),
            ])
            let counts = try store.read { try $0.countsByState() }
            let expected: [EnvironmentName: [SessionState: Int]] = [
                try Sample.environmentName(1): [.running: 2, .waiting: 1],
                try Sample.environmentName(2): [.starting: 2, .stopping: 1],
            ]
            try requireEqual(counts, expected, "counts")
        },
        StoreCheck("A user's sessions are those that are not stopped, oldest first") { store in
            try await store.prepare(environments: 2, users: 2)
            try await store.insert([
                try Sample.session(1, 1, .running, owner: 1, created: 40),
                try Sample.session(1, 2, .stopped, owner: 1, created: 10),
                try Sample.session(2, 1, .stopping, owner: 1, created: 20),
                try Sample.session(2, 2, .waiting, owner: 1, created: 30),
                try Sample.session(2, 3, .starting, owner: 2, created: 5),
                try Sample.session(2, 4, .waiting, created: 6),
            ])
            let found = try store.read { try $0.sessions(ownedBy: try Sample.user(1)).map(\.name) }
            let expected = [try Sample.sessionName(2, 1), try Sample.sessionName(2, 2), try Sample.sessionName(1, 1)]
            try requireEqual(found, expected, "sessions")
        },
        StoreCheck(
            "The reserved session is a ready one before one that is starting, the oldest first, never an owned one"
        ) {
            store in
            try await store.prepare(environments: 2, users: 1)
            try await store.insert([
                try Sample.session(1, 1, .starting, created: 1),
                try Sample.session(1, 2, .waiting, owner: 1, created: 2),
                try Sample.session(1, 3, .waiting, created: 9),
                try Sample.session(1, 4, .waiting, created: 4),
                try Sample.session(1, 5, .starting, created: 0),
                try Sample.session(1, 6, .stopping, created: 0),
                try Sample.session(1, 7, .stopped, created: 0),
                try Sample.session(2, 1, .waiting, created: 0),
            ])
            var order: [Int] = []
            while true {
                let taken = try await store.write { transaction -> Int? in
                    let name = try Sample.environmentName(1)
                    guard var next = try transaction.reservedSession(of: name) else { return nil }
                    next.state = .running
                    next.owner = try Sample.user(1)
                    try transaction.update(next)
                    return next.number
                }
                guard let taken else { break }
                order.append(taken)
            }
            try requireEqual(order, [4, 3, 5, 1], "the order of taking")
        },
        StoreCheck("Reserved sessions come oldest first and within the limit, of one environment or of all") { store in
            try await store.prepare(environments: 2, users: 1)
            try await store.insert([
                try Sample.session(1, 1, .starting, created: 3),
                try Sample.session(1, 2, .waiting, created: 1),
                try Sample.session(1, 3, .waiting, created: 5),
                try Sample.session(1, 4, .waiting, owner: 1, created: 0),
                try Sample.session(1, 5, .stopping, created: 0),
                try Sample.session(2, 1, .waiting, created: 4),
                try Sample.session(2, 2, .starting, created: 2),
            ])
            try store.read { reader in
                let one = try Sample.environmentName(1)
                func names(_ environment: EnvironmentName?, _ limit: Int) throws -> [String] {
                    try reader.reservedSessions(of: environment, limit: limit).map {
                        String($0.name.rawValue.dropFirst(4))
                    }
                }
                try requireEqual(try names(one, 9), ["w01-s002", "w01-s001", "w01-s003"], "of one")
                try requireEqual(try names(one, 2), ["w01-s002", "w01-s001"], "two of one")
                try requireEqual(try names(one, 0), [], "none")
                let all = ["w01-s002", "w02-s002", "w01-s001", "w02-s001", "w01-s003"]
                try requireEqual(try names(nil, 9), all, "of all")
                try requireEqual(try names(nil, 3), Array(all.prefix(3)), "three of all")
            }
        },
        StoreCheck("Sessions in a state come oldest first, or by name after a given one, within the limit") { store in
            try await store.prepare(environments: 1, users: 1)
            try await store.insert(
                try (1...9).map { try Sample.session(1, $0, $0 % 3 == 0 ? .stopped : .running, created: 20 - $0) })
            try store.read { reader in
                let byAge = try reader.sessions(in: .running, after: nil, limit: 4).map(\.number)
                try requireEqual(byAge, [8, 7, 5, 4], "oldest first")
                let stopped = try reader.sessions(in: .stopped, after: nil, limit: 10).map(\.number)
                try requireEqual(stopped, [9, 6, 3], "stopped ones")
                let name = try Sample.sessionName(1, 2)
                let after = try reader.sessions(in: .running, after: name, limit: 3).map(\.number)
                try requireEqual(after, [4, 5, 7], "after a name")
                let last = try reader.sessions(in: .running, after: try Sample.sessionName(1, 8), limit: 3)
                try require(last.isEmpty, "after the last name")
                try require(try reader.sessions(in: .starting, after: nil, limit: 3).isEmpty, "of another state")
            }
        },
        StoreCheck("An environment's sessions are those that are not stopped") { store in
            try await store.prepare(environments: 2, users: 1)
            let states = SessionState.allCases
            try await store.insert(try states.indices.map { try Sample.session(1, $0 + 1, states[$0]) })
            try await store.insert([try Sample.session(2, 1)])
            let found = try store.read { try $0.sessions(of: try Sample.environmentName(1)) }
            try requireEqual(Set(found.map(\.state)), Set(states).subtracting([.stopped]), "states")
            try requireEqual(found.count, states.count - 1, "number")
        },
        StoreCheck("Expiring sessions are those due by the moment that are starting, waiting or running") { store in
            try await store.prepare(environments: 1, users: 1)
            try await store.insert([
                try Sample.session(1, 1, .running, owner: 1, expires: 100),
                try Sample.session(1, 2, .waiting, owner: 1, expires: 101),
                try Sample.session(1, 3, .starting, owner: 1, expires: 99),
                try Sample.session(1, 4, .stopping, owner: 1, expires: 1),
                try Sample.session(1, 5, .stopped, owner: 1, expires: 1),
                try Sample.session(1, 6, .running, owner: 1),
            ])
            func due(_ moment: Int, limit: Int = 9) throws -> Set<Int> {
                let found = try store.read { try $0.sessions(expiringBy: Sample.moment(moment), limit: limit) }
                return Set(found.map(\.number))
            }
            try requireEqual(try due(98), [], "before")
            try requireEqual(try due(100), [1, 3], "at the moment")
            try requireEqual(try due(500), [1, 2, 3], "after")
            try requireEqual(try due(500, limit: 2).count, 2, "within the limit")
            try requireEqual(try store.read { try $0.nextExpiry() }, Sample.moment(99), "the next expiry")
            try await store.write { transaction in
                var session = try Sample.found(try transaction.session(try Sample.sessionName(1, 3)))
                session.expires = Sample.moment(300)
                try transaction.update(session)
            }
            try requireEqual(try store.read { try $0.nextExpiry() }, Sample.moment(100), "after an extension")
        },
        StoreCheck("Unseen sessions are the running ones of the environment, by when they were seen, else started") {
            store in
            try await store.prepare(environments: 2, users: 1)
            func session(_ number: Int, _ state: SessionState, started: Int?, seen: Int?) throws -> WorkshopSession {
                var session = try Sample.session(1, number, state, owner: 1, created: 0)
                session.started = started.map(Sample.moment)
                session.lastSeen = seen.map(Sample.moment)
                return session
            }
            var other = try Sample.session(2, 1, .running, owner: 1)
            other.started = Sample.moment(1)
            try await store.insert([
                try session(1, .running, started: 10, seen: 50),
                try session(2, .running, started: 20, seen: nil),
                try session(3, .running, started: 60, seen: nil),
                try session(4, .stopping, started: 10, seen: 10),
                try session(5, .waiting, started: nil, seen: nil),
                other,
            ])
            func unseen(_ moment: Int, limit: Int = 9) throws -> Set<Int> {
                let name = try Sample.environmentName(1)
                let found = try store.read {
                    try $0.sessions(of: name, unseenSince: Sample.moment(moment), limit: limit)
                }
                return Set(found.map(\.number))
            }
            try requireEqual(try unseen(19), [], "before")
            try requireEqual(try unseen(20), [2], "at the moment")
            try requireEqual(try unseen(55), [1, 2], "later")
            try requireEqual(try unseen(55, limit: 1).count, 1, "within the limit")
            try await store.write { transaction in
                var seen = try Sample.found(try transaction.session(try Sample.sessionName(1, 2)))
                seen.lastSeen = Sample.moment(54)
                try transaction.update(seen)
            }
            try requireEqual(try unseen(53), [1], "after one was seen")
        },
    ]

    static let purgeChecks = [
        StoreCheck("A purge takes sessions that stopped before the moment, and nothing that is not stopped") { store in
            try await store.prepare(environments: 1, users: 1)
            func stopped(_ number: Int, at moment: Int) throws -> WorkshopSession {
                var session = try Sample.session(1, number, .stopped, owner: 1, created: 0)
                session.stopped = Sample.moment(moment)
                return session
            }
            var live = try SessionState.allCases.filter { $0 != .stopped }.enumerated().map {
                try Sample.session(1, $0 + 10, $1, owner: 1, created: 0)
            }
            live.append(try stopped(3, at: 100))
            try await store.insert(live + [try stopped(1, at: 98), try stopped(2, at: 99)])
            let gone = try await store.write {
                try $0.purge(endedBefore: Sample.moment(100), now: Sample.moment(0), limit: 50)
            }
            try requireEqual(gone, 2, "rows")
            for number in 1...2 {
                try require(try store.read { try $0.session(try Sample.sessionName(1, number)) } == nil, "a purged one")
            }
            for session in live {
                try requireEqual(try store.read { try $0.session(session.name) }, session, "one that stays")
            }
        },
        StoreCheck("A purge takes anonymous users who joined before the moment and have no session left") { store in
            try await store.prepare(environments: 1)
            try await store.write { transaction in
                for number in 1...3 { try transaction.insert(try Sample.anonymous(number, joined: 10)) }
                try transaction.insert(try Sample.anonymous(4, joined: 100))
                for (number, kind) in zip(5..., [PortalUser.Kind.registered, .staff, .robot]) {
                    try transaction.insert(
                        PortalUser(id: try Sample.user(number), kind: kind, joined: Sample.moment(1)))
                }
                try transaction.insert(try Sample.session(1, 1, .running, owner: 1))
                var stopped = try Sample.session(1, 2, .stopped, owner: 2)
                stopped.stopped = Sample.moment(100)
                try transaction.insert(stopped)
                try transaction.insert(
                    LoginCookie(
                        digest: try Sample.digest(3), user: try Sample.user(3), created: Sample.moment(10),
                        expires: Sample.moment(9000)))
            }
            // A reader that has seen the login must not go on seeing it.
            try require(try store.read { try $0.login(try Sample.digest(3)) } != nil, "the login before")
            let gone = try await store.write {
                try $0.purge(endedBefore: Sample.moment(100), now: Sample.moment(200), limit: 50)
            }
            try require(gone >= 1, "nothing went")
            let left = try store.read { reader in
                try (1...7).filter { try reader.user(try Sample.user($0)) != nil }
            }
            try requireEqual(left, [1, 2, 4, 5, 6, 7], "users left")
            try requireEqual(try store.read { try $0.login(try Sample.digest(3)) }, nil, "the purged user's login")
        },
        StoreCheck("A purge takes logins, codes and tokens of both kinds that have expired by now") { store in
            try await store.prepare(environments: 1, users: 1)
            try await store.write { transaction in
                let user = try Sample.user(1)
                let session = try Sample.session(1, 1, owner: 1)
                try transaction.insert(session)
                for expires in 1...3 {
                    let digest = try Sample.digest(expires)
                    let end = Sample.moment(expires)
                    try transaction.insert(
                        LoginCookie(digest: digest, user: user, created: Sample.moment(0), expires: end))
                    try transaction.insert(
                        AuthorizationCode(
                            digest: digest, session: session.name, user: user, redirectURI: "https://example.org/",
                            challenge: nil, expires: end))
                    try transaction.insert(
                        AccessToken(
                            digest: digest, client: session.name.rawValue, user: user, session: session.name,
                            issued: Sample.moment(0), expires: end))
                    try transaction.insert(
                        RefreshToken(
                            digest: digest, client: "client", user: user, scope: "user:info", family: digest,
                            issued: Sample.moment(0), expires: end, isSpent: expires == 1))
                }
            }
            for number in 1...3 {
                try require(try store.read { try $0.login(try Sample.digest(number)) } != nil, "a login before")
            }
            let gone = try await store.write {
                try $0.purge(endedBefore: Sample.moment(-10), now: Sample.moment(2), limit: 50)
            }
            try requireEqual(gone, 8, "rows")
            let left = try await store.write { transaction in
                try (1...3).map { number -> Bool in
                    let digest = try Sample.digest(number)
                    let login = try transaction.login(digest) != nil
                    let code = try transaction.takeCode(digest) != nil
                    let token = try transaction.accessToken(digest) != nil
                    let refresh = try transaction.refreshToken(digest) != nil
                    try require(login == code && code == token && token == refresh, "kinds differ at \(number)")
                    return login
                }
            }
            try requireEqual(left, [false, false, true], "what is left")
            try requireEqual(try store.read { try $0.login(try Sample.digest(1)) }, nil, "an expired login")
        },
        StoreCheck("A purge takes at most the limit of each kind, the rest the next time") { store in
            try await store.prepare(environments: 1)
            try await store.write { transaction in
                for number in 1...5 {
                    try transaction.insert(try Sample.anonymous(number))
                    try transaction.insert(try Sample.session(1, number, .stopped))
                    try transaction.insert(
                        LoginCookie(
                            digest: try Sample.digest(number), user: nil, created: Sample.moment(0),
                            expires: Sample.moment(1)))
                }
            }
            var rounds: [Int] = []
            for _ in 0..<4 {
                rounds.append(
                    try await store.write {
                        try $0.purge(endedBefore: Sample.moment(100), now: Sample.moment(100), limit: 2)
                    })
            }
            try requireEqual(rounds, [6, 6, 3, 0], "rows")
        },
    ]
}
