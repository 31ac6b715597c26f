/// A login provider that speaks OpenID Connect (`spec.portal.oidc`). The secret is not part of it: a definition says only
/// where it is.
public struct LoginProvider: Sendable, Equatable {
    /// Exactly as the provider writes it (OpenID Connect Discovery 1.0, section 4.3).
    public var issuer: String
    public var clientID: String
    /// The file that holds the client's secret: absolute, or from the folder of the definition.
    public var clientSecretFile: String = ""
    /// The environment variable that holds it.
    public var clientSecretVariable: String = ""
    /// What the button says after "Sign in with".
    public var label: String = "your organisation"
    public var scopes: [String] = ["openid", "profile"]
    /// A claim that makes its bearer staff; `nil` for none.
    public var staffClaim: StaffClaim?

    public struct StaffClaim: Sendable, Equatable {
        public var name: String
        /// The claim is this text, or a list that holds it.
        public var value: String
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(issuer: String, clientID: String) {
        self.issuer = issuer
        self.clientID = clientID
    }
}
