internal import Platform

/// Turns a checked document into a `TrainingPortalDefinition`, with defaults applied and limits clamped.
enum TrainingPortalDecoding {
    /// The result has no theme files yet, and no labels of the workshops themselves. `nil` when the portal has no name;
    /// that has been reported.
    static func decode(_ node: YAMLNode) -> TrainingPortalDefinition? {
        let document = FieldView(node)
        guard let name = document["metadata"].text("name") else { return nil }
        let given = document["spec"]["portal"]
        var portal = TrainingPortalDefinition(name: name)
        portal.title = given.text("title") ?? portal.title
        portal.logo = given.text("logo") ?? ""
        portal.labels = given.labels("labels")
        portal.accessCode = given.text("password") ?? ""
        portal.index = given.text("index") ?? ""
        portal.maximumSessions = given["sessions"].integer("maximum") ?? 0
        portal.sessionsPerRegisteredUser = given["sessions"].integer("registered") ?? 0
        portal.sessionsPerAnonymousUser = given["sessions"].integer("anonymous") ?? portal.sessionsPerRegisteredUser
        let registration = given["registration"]
        portal.registration = registration.text("type").flatMap { .init(rawValue: $0) } ?? .oneStep
        portal.isRegistrationEnabled = registration.boolean("enabled") ?? true
        portal.isCatalogPublic = given["catalog"].text("visibility") == "public"
        portal.theme.name = given["theme"].text("name") ?? ""
        portal.frameAncestors = given["theme"]["frame"].texts("ancestors")
        portal.cookieDomain = given["cookies"].text("domain") ?? ""
        portal.ingressHostname = given["ingress"].text("hostname") ?? ""
        portal.replacesEnvironmentsOnWorkshopUpdate = given["updates"].boolean("workshop") ?? false
        portal.launches = launches(given["launches"])
        portal.signIn = signIn(given["signIn"])
        portal.oidc = provider(given["oidc"])
        portal.adminCredentials = credentials(given["credentials"]["admin"], "username", "password", "educates")
        portal.robotCredentials = credentials(given["credentials"]["robot"], "username", "password", "robot@educates")
        portal.robotClient = credentials(given["clients"]["robot"], "id", "secret", "")
        let analytics = document["spec"]["analytics"]
        portal.webhookURL = analytics["webhook"].text("url") ?? ""
        portal.privateAnalyticsHosts = analytics.texts("privateHosts")
        portal.analytics.google = analytics["google"].text("trackingId") ?? ""
        portal.analytics.clarity = analytics["clarity"].text("trackingId") ?? ""
        portal.analytics.amplitude = analytics["amplitude"].text("trackingId") ?? ""
        portal.workshops = document["spec"].list("workshops").compactMap { workshop($0, in: given) }
        return portal
    }

    private static func launches(_ given: FieldView) -> LaunchLimits {
        var limits = LaunchLimits()
        limits.allowedOrigins = given.texts("allowedOrigins")
        limits.perAddressPerMinute = given.integer("perAddressPerMinute") ?? limits.perAddressPerMinute
        limits.perVisitorPerMinute = given.integer("perVisitorPerMinute") ?? limits.perVisitorPerMinute
        return limits
    }

    private static func signIn(_ given: FieldView) -> SignInLimits {
        var limits = SignInLimits()
        limits.failuresPerAccount = given.integer("failuresPerAccount") ?? limits.failuresPerAccount
        limits.failuresPerAddress = given.integer("failuresPerAddress") ?? limits.failuresPerAddress
        limits.longestWait = given.seconds("longestWait") ?? limits.longestWait
        return limits
    }

    private static func provider(_ given: FieldView) -> LoginProvider? {
        guard let issuer = given.text("issuer"), let clientID = given.text("clientID") else { return nil }
        var provider = LoginProvider(issuer: issuer, clientID: clientID)
        provider.clientSecretFile = given.text("clientSecretFile") ?? ""
        provider.clientSecretVariable = given.text("clientSecretEnv") ?? ""
        provider.label = given.text("label") ?? provider.label
        let scopes = given.texts("scopes")
        if !scopes.isEmpty { provider.scopes = scopes.contains("openid") ? scopes : ["openid"] + scopes }
        let claim = given["staffClaim"]
        if let name = claim.text("name"), let value = claim.text("value") {
            provider.staffClaim = LoginProvider.StaffClaim(name: name, value: value)
        }
        return provider
    }

    private static func credentials(
        _ given: FieldView, _ name: String, _ secret: String, _ standardName: String
    ) -> Credentials? {
        guard given[name].isGiven || given[secret].isGiven else { return nil }
        return Credentials(name: given.text(name) ?? standardName, secret: given.text(secret) ?? "")
    }

    private static func workshop(_ entry: FieldView, in portal: FieldView) -> PortalWorkshop? {
        guard let name = entry.text("name") else { return nil }
        let defaults = portal["workshop"]["defaults"]
        var workshop = PortalWorkshop(name: name, limits: WorkshopLimits(entry, in: portal).clamped)
        workshop.alias = entry.text("alias") ?? ""
        workshop.labels = defaults.labels("labels").merging(entry.labels("labels")) { _, own in own }
        let own = entry.variables("env")
        let names = Set(own.map(\.name))
        workshop.variables = own + defaults.variables("env").filter { !names.contains($0.name) }
        return workshop
    }
}
