internal import HTTP
internal import Platform
internal import Portal

/// One environment with what is told about it.
struct CatalogItem: Sendable {
    let environment: WorkshopEnvironment
    /// `nil` when the workshop is no longer defined.
    let definition: WorkshopDefinition?
    /// The portal's defaults, then the workshop's own labels, then the entry's.
    let labels: [String: String]
    let counts: SessionCounts

    init(_ environment: WorkshopEnvironment, _ counts: SessionCounts, in definitions: PortalDefinitions) {
        self.environment = environment
        self.counts = counts
        definition = definitions.workshops[environment.resource]
        let entry = definitions.portal.workshops.first { $0.publishedName == environment.workshop }
        labels = entry?.labels ?? definition?.labels ?? [:]
    }

    // MARK: Shapes (spec/portal-http.md, sections 3.2 to 3.4)

    /// As the catalogue by environment lists it, without its sessions.
    var json: [JSONValue.Member] {
        [
            .init("name", .string(environment.name.rawValue)),
            .init("state", APIShapes.state(environment.state.rawValue)),
        ]
            + [.init("workshop", .object(workshop(named: environment.workshop)))] + figures
    }

    /// As its status tells it: the workshop goes by its resource name there.
    var status: [JSONValue.Member] {
        [
            .init("name", .string(environment.name.rawValue)),
            .init("state", APIShapes.state(environment.state.rawValue)),
        ]
            + [.init("workshop", .object(workshop(named: environment.resource)))] + figures
    }

    /// As the catalogue by workshop lists it.
    var workshopJSON: JSONValue {
        let inner: [JSONValue.Member] = [
            .init("name", .string(environment.name.rawValue)),
            .init("state", APIShapes.state(environment.state.rawValue)),
        ]
        return .object(
            workshop(named: environment.workshop) + [.init("environment", .object(inner + figures))])
    }

    private func workshop(named name: String) -> [JSONValue.Member] {
        [
            .init("name", .string(name)), .init("resource", .string(environment.resource)),
            .init("title", .string(definition?.title ?? environment.workshop)),
            .init("description", .string(definition?.description ?? "")),
            .init("vendor", .string(definition?.vendor ?? "")),
            .init("authors", .array((definition?.authors ?? []).map { .string($0) })),
            .init("difficulty", .string(definition?.difficulty ?? "")),
            .init("duration", .string(APIShapes.duration(seconds: definition?.duration ?? 0))),
            .init("tags", .array((definition?.tags ?? []).map { .string($0) })),
            .init("labels", APIShapes.labels(labels)), .init("logo", .string(definition?.logo ?? "")),
            .init("url", .string(definition?.url ?? "")),
        ]
    }

    private var figures: [JSONValue.Member] {
        [
            .init("duration", .int(environment.limits.expires)), .init("capacity", .int(environment.limits.capacity)),
            .init("reserved", .int(environment.limits.reserved)), .init("allocated", .int(counts.allocated)),
            .init("available", .int(counts.available)),
        ]
    }
}
