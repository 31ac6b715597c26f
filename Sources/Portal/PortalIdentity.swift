internal import Platform

/// What tells this portal from another one of the same name: a UUID that stays the same for the life of its data.
enum PortalIdentity {
    /// Loads it from the store, or makes it.
    static func load(from store: any PortalStore, now: Timestamp) async throws -> String {
        let bytes = try await store.write { transaction in
            if let known = try transaction.setting("portal-uid") { return known }
            let new = Array(UserID.uniqueText(at: now).utf8)
            try transaction.setSetting("portal-uid", to: new)
            return new
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
