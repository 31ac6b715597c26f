internal import Platform

/// What a document is, by its `apiVersion` and `kind`.
enum ResourceKind {
    case portal(warning: String?)
    case workshop(warning: String?)
    /// Meant for us and not usable: the field at fault, and the message.
    case unsupported(field: String, message: String)
    /// Somebody else's.
    case other(message: String)

    private static let current = "v1beta1"

    init(apiVersion: String, kind: String) {
        let parts = apiVersion.split(separator: "/", omittingEmptySubsequences: false)
        let group = parts.count == 2 ? String(parts[0]) : ""
        let expected = "\(DefinitionLoader.group)/\(ResourceKind.current)"
        let isOurKind = kind == "TrainingPortal" || kind == "Workshop"
        guard group == DefinitionLoader.group else {
            let isMisspelt = NearestName.of(apiVersion, in: [expected, DefinitionLoader.group]) != nil
            if kind == "TrainingPortal" || (isOurKind && (isMisspelt || apiVersion.isEmpty)) {
                self = .unsupported(
                    field: "apiVersion",
                    message:
                        "found \(apiVersion.isEmpty ? "nothing" : "\"\(apiVersion.prefix(60))\""), expected \"\(expected)\""
                )
            } else if apiVersion.isEmpty || kind.isEmpty {
                self = .other(message: "passed over: no resource with apiVersion and kind")
            } else {
                self = .other(
                    message: "passed over: a \(kind.prefix(60)) of \(apiVersion.prefix(60)) means nothing to a portal")
            }
            return
        }
        switch (kind, String(parts[1])) {
        case ("TrainingPortal", ResourceKind.current): self = .portal(warning: nil)
        case ("Workshop", ResourceKind.current): self = .workshop(warning: nil)
        case ("TrainingPortal", "v1alpha1"): self = .portal(warning: ResourceKind.oldVersion)
        case ("Workshop", "v1alpha1"): self = .workshop(warning: ResourceKind.oldVersion)
        case (_, let version) where isOurKind:
            self = .unsupported(
                field: "apiVersion", message: "found version \"\(version.prefix(60))\", expected \"\(expected)\"")
        case ("WorkshopEnvironment", _), ("WorkshopSession", _), ("WorkshopAllocation", _), ("WorkshopRequest", _):
            self = .other(message: "passed over: the portal makes each \(kind) by itself")
        default:
            let kinds = ["TrainingPortal", "Workshop"]
            var message =
                "found \(kind.isEmpty ? "nothing" : "\"\(kind.prefix(60))\""), expected TrainingPortal or Workshop"
            if let nearest = NearestName.of(kind, in: kinds) { message += "; did you mean \"\(nearest)\"?" }
            self = .unsupported(field: "kind", message: message)
        }
    }

    private static let oldVersion = "found the old version \"v1alpha1\"; it is read as \"\(current)\""
}
