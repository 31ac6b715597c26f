/// A `TrainingPortal` resource as checked values (spec/training-portal-resource.md). Durations are seconds.
public struct TrainingPortalDefinition: Sendable, Equatable {
    /// `metadata.name`: a DNS label of at most 50 characters.
    public var name: String
    public var title: String = "Workshops"
    /// A `data:` URI of an image, or empty.
    public var logo: String = ""
    public var labels: [String: String] = [:]
    /// The access code; empty means no gate.
    public var accessCode: String = ""
    /// External catalogue that non-staff are sent to; empty means the portal's own.
    public var index: String = ""
    /// Limits over all workshops; 0 means none.
    public var maximumSessions: Int = 0
    public var sessionsPerRegisteredUser: Int = 0
    public var sessionsPerAnonymousUser: Int = 0
    public var registration: Registration = .oneStep
    public var isRegistrationEnabled: Bool = true
    public var isCatalogPublic: Bool = false
    public var theme: PortalTheme = PortalTheme()
    /// Sites that may show portal and sessions in a frame.
    public var frameAncestors: [String] = []
    public var cookieDomain: String = ""
    /// `spec.portal.ingress.hostname`, or empty.
    public var ingressHostname: String = ""
    public var replacesEnvironmentsOnWorkshopUpdate: Bool = false
    /// Lectern's own `spec.portal.launches`: who may launch anonymously, from where, how often.
    public var launches: LaunchLimits = LaunchLimits()
    /// Lectern's own `spec.portal.signIn`: how often a password may be guessed.
    public var signIn: SignInLimits = SignInLimits()
    /// Lectern's own `spec.portal.oidc`: the organisation's login, if there is one.
    public var oidc: LoginProvider?
    /// An empty secret is to be drawn at random.
    public var adminCredentials: Credentials?
    /// An empty secret is to be drawn at random.
    public var robotCredentials: Credentials?
    /// OAuth2 client id and secret of REST clients; an empty secret is to be drawn at random.
    public var robotClient: Credentials?
    /// Where events are sent to, or empty.
    public var webhookURL: String = ""
    /// Lectern's own `spec.analytics.privateHosts`: hosts that a session's `analytics_url` may name although they are not
    /// on the public internet.
    public var privateAnalyticsHosts: [String] = []
    public var analytics: AnalyticsTracking = AnalyticsTracking()
    public var workshops: [PortalWorkshop] = []

    public enum Registration: String, Sendable { case oneStep = "one-step", anonymous }

    public var isAnonymous: Bool { registration == .anonymous && isRegistrationEnabled }

    /// Whether anybody may make an account.
    public var isRegistrationOpen: Bool { registration == .oneStep && isRegistrationEnabled }

    public init(name: String) { self.name = name }
}

/// Files of the portal's theme, from the folder `theme.name` beside the definition: `training-portal.css`, `.js`,
/// `.html` (spec/dashboard.md, section 3).
public struct PortalTheme: Sendable, Equatable {
    public var name: String = ""
    public var css: String = ""
    public var javascript: String = ""
    /// Put into the page's head.
    public var html: String = ""
    public init() {}
}

/// Identifiers of page tracking that the definition asks for; empty means none.
public struct AnalyticsTracking: Sendable, Equatable {
    public var google: String = ""
    public var clarity: String = ""
    public var amplitude: String = ""
    public init() {}
}

/// Name and secret; prints without the secret.
public struct Credentials: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    public var name: String
    public var secret: String
    public init(name: String, secret: String) {
        self.name = name
        self.secret = secret
    }
    public var description: String { "\(name) (secret)" }
    public var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}

/// Lectern's own limits for anonymous launches (`spec.portal.launches`).
public struct LaunchLimits: Sendable, Equatable {
    /// Origins (`https://www.example.com`) that an index URL may have; empty means any.
    public var allowedOrigins: [String] = []
    /// Launches a minute from one address (IPv4 address, IPv6 /64); 0 means no limit.
    public var perAddressPerMinute: Int = 60
    /// Launches a minute by one visitor; 0 means no limit.
    public var perVisitorPerMinute: Int = 20
    public init() {}
}

/// Lectern's own limits for wrong passwords (`spec.portal.signIn`).
public struct SignInLimits: Sendable, Equatable {
    /// Wrong passwords for one account before its tries are slowed down; 0 means no limit.
    public var failuresPerAccount: Int = 5
    /// The same for one address (IPv4 address, IPv6 /64), which a whole class may share; 0 means no limit.
    public var failuresPerAddress: Int = 30
    /// Seconds to wait at most.
    public var longestWait: Int = 300
    public init() {}
}

/// One entry of `spec.workshops`, merged with the portal's defaults and clamped
/// (spec/portal-lifecycle.md, section 5, "Per-workshop normalisation").
public struct PortalWorkshop: Sendable, Equatable {
    /// The `Workshop` resource's name.
    public var name: String
    /// The published name, or empty.
    public var alias: String = ""
    /// The portal's defaults, then the workshop's own labels, then the entry's: the last one counts.
    public var labels: [String: String] = [:]
    public var limits: EnvironmentLimits
    /// The entry's own, then those of the defaults that it does not name.
    public var variables: [EnvironmentVariable] = []
    public var publishedName: String { alias.isEmpty ? name : alias }

    public init(name: String, limits: EnvironmentLimits) {
        self.name = name
        self.limits = limits
    }
}

public struct EnvironmentVariable: Sendable, Equatable {
    public var name: String
    public var value: String
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
