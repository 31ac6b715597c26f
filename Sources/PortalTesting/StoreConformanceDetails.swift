import Platform
import Portal

extension StoreConformance {
    static let detailsChecks = [
        StoreCheck("What is told of a user comes back as told last, and goes with the user") { store in
            try await store.prepare(environments: 1, users: 2)
            let user = try Sample.user(1)
            try requireEqual(try store.read { try $0.details(of: user) }, nil, "nothing told")
            let first = UserDetails(email: "ada@example.com", firstName: "Å'da \u{1F980}", lastName: "")
            try await store.write { try $0.setDetails(first, of: user) }
            try requireEqual(try store.read { try $0.details(of: user) }, first, "first")
            let second = UserDetails(lastName: "Lovelace")
            _ = try await requireFailure("the changed mind") {
                try await store.write { transaction in
                    try transaction.setDetails(second, of: user)
                    throw ChangedItsMind()
                }
            }
            try requireEqual(try store.read { try $0.details(of: user) }, first, "after a change of mind")
            try await store.write { try $0.setDetails(second, of: user) }
            try requireEqual(try store.read { try $0.details(of: user) }, second, "second")
            try requireEqual(try store.read { try $0.details(of: try Sample.user(2)) }, nil, "another user's")
            try await requireRefusal("telling of an unknown user") {
                try await store.write { try $0.setDetails(first, of: try Sample.user(9)) }
            }
            let removed = try await store.write { transaction in
                try transaction.purge(endedBefore: Sample.moment(1_000_000), now: Sample.moment(1_000_000), limit: 10)
            }
            try requireEqual(removed, 2, "users removed")
            try requireEqual(try store.read { try $0.details(of: user) }, nil, "after the user has gone")
        }
    ]
}
