public import Platform
internal import Synchronization

/// What is on offer at one moment: for pages, which read it from memory however many visitors there are.
public struct PortalCatalog: Sendable {
    /// One workshop that takes visitors, or soon will.
    public struct Entry: Sendable {
        public let environment: WorkshopEnvironment
        public let definition: WorkshopDefinition
        public let counts: SessionCounts
        /// Visitors that can still be taken, the portal's maximum included.
        public let freePlaces: Int
        /// When the first of its sessions will end, where it is full and that is known.
        public let nextPlace: Timestamp?
    }

    /// Grows with every change, so that a page made from this value can be kept until it has another version.
    public let version: UInt64
    public let portal: TrainingPortalDefinition
    public let counts: SessionCounts
    /// Starting and running environments, by position.
    public let entries: [Entry]

    /// Environments with more places than this are not searched for the session that ends first.
    private static let searchedCapacity = 200

    static func read(
        from store: any PortalReader, version: UInt64, _ definitions: PortalDefinitions
    ) throws -> PortalCatalog {
        let inPortal = try store.countsOfPortal()
        let maximum = definitions.portal.maximumSessions
        let portalFree = maximum == 0 ? Int.max : max(0, maximum - inPortal.allocated)
        var entries: [Entry] = []
        for environment in try store.environments() {
            guard environment.state == .running || environment.state == .starting,
                let definition = definitions.workshops[environment.resource]
            else { continue }
            let counts = try store.counts(of: environment.name)
            let own = max(0, environment.limits.capacity - counts.allocated)
            var next: Timestamp?
            if own == 0 && environment.limits.capacity <= searchedCapacity {
                next = try store.sessions(of: environment.name).filter { $0.state == .running }.compactMap(\.expires)
                    .min()
            } else if own > 0 && portalFree == 0 {
                next = try store.nextExpiry()
            }
            entries.append(
                Entry(
                    environment: environment, definition: definition, counts: counts, freePlaces: min(own, portalFree),
                    nextPlace: next))
        }
        return PortalCatalog(version: version, portal: definitions.portal, counts: inPortal, entries: entries)
    }
}

/// Keeps the catalogue that was read last and reads again only after a change.
final class CatalogCache: Sendable {
    private let state = Mutex<(version: UInt64, catalog: PortalCatalog?)>((1, nil))

    /// Counts the changes.
    var version: UInt64 { state.withLock { $0.version } }

    /// Something that the catalogue shows has changed; called after the commit.
    func changed() { state.withLock { $0.version += 1 } }

    func current(in store: any PortalStore, _ definitions: PortalDefinitions) throws -> PortalCatalog {
        let (version, kept) = state.withLock { ($0.version, $0.catalog) }
        if let kept, kept.version == version { return kept }
        // Read after the version was taken: a change that comes between makes this catalogue newer than it says, and it
        // is read once more than needed.
        let catalog = try store.read { try PortalCatalog.read(from: $0, version: version, definitions) }
        state.withLock { if ($0.catalog?.version ?? 0) < version { $0.catalog = catalog } }
        return catalog
    }
}
