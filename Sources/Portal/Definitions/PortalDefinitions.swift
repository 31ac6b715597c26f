/// Everything that an operator wrote for one portal: replaced as a whole when it is reloaded.
public struct PortalDefinitions: Sendable, Equatable {
    public var portal: TrainingPortalDefinition
    /// Workshops by resource name.
    public var workshops: [String: WorkshopDefinition]

    /// - Parameter workshops: of two with the same name, the first counts.
    public init(portal: TrainingPortalDefinition, workshops: [WorkshopDefinition]) {
        self.portal = portal
        self.workshops = Dictionary(workshops.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }
}
