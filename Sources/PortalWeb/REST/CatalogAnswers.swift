internal import HTTP
internal import Platform
internal import Portal
internal import Synchronization

/// The catalogue as JSON, written once for each version of it. A request joins the pieces that it asks for.
///
/// The sessions of all environments are written at most once a second as long as nothing changes: only their countdowns
/// do. While they are written, requests for them wait and share the result.
final class CatalogAnswers: Sendable {
    /// What does not depend on the question.
    final class Pieces: Sendable {
        let version: UInt64
        /// `{"portal":{…},`.
        let opening: [UInt8]
        let items: [CatalogItem]
        /// Each environment without its closing brace.
        let environments: [[UInt8]]
        /// The answers to the plain questions.
        let allEnvironments: [UInt8]
        let allWorkshops: [UInt8]

        init(_ catalog: PortalCatalog, _ definitions: PortalDefinitions, uid: String, url: String) {
            version = catalog.version
            let portal = APIShapes.portal(catalog, uid: uid, url: url).encoded
            let opening = Array("{\"portal\":".utf8) + portal + Array(",".utf8)
            let items = catalog.entries.map { CatalogItem($0.environment, $0.counts, in: definitions) }
            let environments = items.map { CatalogAnswers.open($0.json) }
            self.opening = opening
            self.items = items
            self.environments = environments
            let running = items.indices.filter { items[$0].environment.state == .running }
            allEnvironments = CatalogAnswers.list(
                opening, "environments", running.map { environments[$0] + Array("}".utf8) })
            allWorkshops = CatalogAnswers.list(opening, "workshops", running.map { items[$0].workshopJSON.encoded })
        }
    }

    private struct Sessions {
        let version: UInt64
        let freshUntil: Timestamp
        /// `,"sessions":[…]` of each environment.
        let lists: [EnvironmentName: [UInt8]]
    }

    private let pieces = Mutex<Pieces?>(nil)
    private let sessions = Mutex<Sessions?>(nil)

    /// Milliseconds for which countdowns are right.
    private static let lifetime: Int64 = 1000

    func pieces(_ service: PortalService) throws -> Pieces {
        let catalog = try service.catalog()
        if let kept = pieces.withLock({ $0 }), kept.version == catalog.version { return kept }
        let new = Pieces(
            catalog, service.definitions, uid: service.uid, url: service.address.portalURL)
        pieces.withLock { if ($0?.version ?? 0) <= new.version { $0 = new } }
        return new
    }

    /// `,"sessions":[…]` of the environments of these pieces.
    func sessions(
        _ pieces: Pieces, _ store: any PortalStore, now: Timestamp
    ) throws -> [EnvironmentName: [UInt8]] {
        try sessions.withLock { kept in
            if let known = kept, known.version >= pieces.version, known.freshUntil > now { return known.lists }
            let lists = try store.read { reader in
                var lists: [EnvironmentName: [UInt8]] = [:]
                for item in pieces.items {
                    lists[item.environment.name] = try CatalogAnswers.sessions(
                        of: item.environment, in: reader, now: now)
                }
                return lists
            }
            kept = Sessions(
                version: pieces.version,
                freshUntil: Timestamp(milliseconds: now.milliseconds + CatalogAnswers.lifetime), lists: lists)
            return lists
        }
    }

    /// The owned sessions of one environment, oldest first.
    static func sessions(of environment: WorkshopEnvironment, in store: any PortalReader, now: Timestamp) throws
        -> [UInt8]
    {
        let sessions = try store.sessions(of: environment.name).filter { $0.owner != nil }
        let list = JSONValue.array(sessions.map { APIShapes.listed($0, environment.limits, now: now) })
        return Array(",\"sessions\":".utf8) + list.encoded
    }

    /// An object that can still be added to.
    static func open(_ members: [JSONValue.Member]) -> [UInt8] { Array(JSONValue.object(members).encoded.dropLast()) }

    static func list(_ opening: [UInt8], _ name: StaticString, _ elements: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(opening.count + elements.reduce(32) { $0 + $1.count + 1 })
        bytes += opening
        bytes.append(UInt8(ascii: "\""))
        bytes += UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        bytes += "\":[".utf8
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += element
        }
        bytes += "]}".utf8
        return bytes
    }
}
