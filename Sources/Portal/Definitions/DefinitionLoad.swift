/// What the definition files hold, and all that is wrong with them.
public struct DefinitionLoad: Sendable {
    /// The portal; `nil` when there is none, or no single one.
    public internal(set) var portal: TrainingPortalDefinition?
    /// By `metadata.name`.
    public internal(set) var workshops: [String: WorkshopDefinition] = [:]
    /// By file and place.
    public internal(set) var findings: [DefinitionFinding] = []
    /// Every YAML file that was read.
    public internal(set) var files: [String] = []
    /// Every file and folder that a later load would read, for `DefinitionFingerprint`.
    public internal(set) var watchedPaths: [String] = []

    /// With errors, the definitions must not be put to use.
    public var hasErrors: Bool { findings.contains { $0.severity == .error } }
    /// What somebody who starts the portal should read: everything but notes.
    public var problems: [DefinitionFinding] { findings.filter { $0.severity != .note } }
}
