/// Every field of a `TrainingPortal` (spec/training-portal-resource.md), and Lectern's own: `spec.portal.launches`,
/// `spec.portal.signIn`, `spec.portal.oidc` and `spec.analytics.privateHosts`.
enum TrainingPortalFields {
    static let all: [Field] = [
        Field("apiVersion", .text(.notEmpty), required: true),
        Field("kind", .text(.notEmpty), required: true),
        Field("metadata", ResourceFields.metadata(name: .portalName), required: true),
        Field("spec", .mapping(spec)),
        Field("status", .anything, .bookkeeping),
    ]

    private static let spec: [Field] = [
        Field("portal", .mapping(portal)),
        Field("workshops", .list(.mapping(workshop))),
        Field("analytics", .mapping(analytics)),
    ]

    private static let portal: [Field] = [
        Field("title", .anyText),
        Field("logo", .text(.imageData)),
        Field("labels", .pairs(.notEmpty)),
        Field("password", .secret),
        Field("index", .text(.webAddressOrEmpty)),
        Field(
            "sessions",
            .mapping([Field("maximum", .count), Field("registered", .count), Field("anonymous", .count)])),
        Field("workshop", .mapping([Field("defaults", .mapping(defaults))])),
        Field("capacity", .count, insteadUse: "spec.portal.workshop.defaults.capacity"),
        Field("initial", .count, insteadUse: "spec.portal.workshop.defaults.initial"),
        Field("reserved", .count, insteadUse: "spec.portal.workshop.defaults.reserved"),
        Field("expires", .duration, insteadUse: "spec.portal.workshop.defaults.expires"),
        Field("orphaned", .duration, insteadUse: "spec.portal.workshop.defaults.orphaned"),
        Field("theme", .mapping(theme)),
        Field("ingress", .mapping(ingress)),
        Field("cookies", .mapping([Field("domain", .text(.cookieDomain))])),
        Field(
            "registration",
            .mapping([Field("type", .text(.oneOf("one-step", "anonymous"))), Field("enabled", .boolean)])),
        Field("catalog", .mapping([Field("visibility", .text(.oneOf("public", "private")))])),
        Field(
            "credentials",
            .mapping([
                Field("admin", .mapping([Field("username", .text(.accountName)), Field("password", .secret)])),
                Field("robot", .mapping([Field("username", .text(.accountName)), Field("password", .secret)])),
            ])),
        Field(
            "clients",
            .mapping([Field("robot", .mapping([Field("id", .text(.clientID)), Field("secret", .secret)]))])),
        Field("updates", .mapping([Field("workshop", .boolean)])),
        Field("launches", .mapping(launches)),
        Field("signIn", .mapping(signIn)),
        Field("oidc", .mapping(oidc)),
    ]

    private static let theme: [Field] = [
        Field("name", .text(.folderName)),
        Field("frame", .mapping([Field("ancestors", .list(.text(.frameAncestor)))])),
    ]

    private static let ingress: [Field] = [
        Field("hostname", .text(.domainName), .notYet),
        Field(
            "tlsCertificateRef",
            .mapping([Field("name", .text(.notEmpty), required: true), Field("namespace", .anyText)]), .cluster),
    ]

    private static let launches: [Field] = [
        Field("allowedOrigins", .list(.text(.origin))),
        Field("perAddressPerMinute", .count),
        Field("perVisitorPerMinute", .count),
    ]

    private static let signIn: [Field] = [
        Field("failuresPerAccount", .count),
        Field("failuresPerAddress", .count),
        Field("longestWait", .duration),
    ]

    private static let oidc: [Field] = [
        Field("issuer", .text(.issuer), required: true),
        Field("clientID", .text(.notEmpty), required: true),
        Field("clientSecretFile", .text(.notEmpty)),
        Field("clientSecretEnv", .text(.variableName)),
        Field("label", .text(.notEmpty)),
        Field("scopes", .list(.text(.scope))),
        Field(
            "staffClaim",
            .mapping([
                Field("name", .text(.notEmpty), required: true), Field("value", .text(.notEmpty), required: true),
            ])),
    ]

    private static let registry = ValueRule.mapping([
        Field("host", .text(.notEmpty), required: true), Field("namespace", .anyText),
    ])

    /// What `spec.portal.workshop.defaults` and each entry of `spec.workshops` have in common.
    private static let settings: [Field] = [
        Field("labels", .pairs(.notEmpty)),
        Field("capacity", .count),
        Field("reserved", .count),
        Field("initial", .count),
        Field("expires", .duration),
        Field("overtime", .duration),
        Field("deadline", .duration),
        Field("orphaned", .duration),
        Field("overdue", .duration),
        Field("refresh", .duration),
        Field("registry", registry, .cluster),
        Field("env", .pairs(.variableName)),
    ]

    private static let defaults = settings

    private static let workshop: [Field] =
        [Field("name", .text(.resourceName), required: true), Field("alias", .anyText)] + settings

    private static let analytics: [Field] = [
        Field("google", .mapping([Field("trackingId", .text(.notEmpty), required: true)]), .notYet),
        Field("clarity", .mapping([Field("trackingId", .text(.notEmpty), required: true)]), .notYet),
        Field("amplitude", .mapping([Field("trackingId", .text(.notEmpty), required: true)]), .notYet),
        Field("webhook", .mapping([Field("url", .text(.webAddress), required: true)])),
        Field("privateHosts", .list(.text(.host))),
    ]
}

/// What all resources have.
enum ResourceFields {
    static func metadata(name: TextRule) -> ValueRule {
        let others = [
            "labels", "annotations", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp",
            "deletionTimestamp", "finalizers", "ownerReferences", "managedFields", "selfLink", "generateName",
        ]
        return .mapping(
            [Field("name", .text(name), required: true)] + others.map { Field($0, .anything, .bookkeeping) })
    }
}
