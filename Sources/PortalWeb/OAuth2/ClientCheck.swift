internal import HTTP
internal import Platform
internal import Portal

/// Lets a client in that shows its secret, and slows down whoever guesses: each address is counted for each client on its
/// own, so that a stranger cannot lock a client out.
struct ClientCheck: Sendable {
    let service: PortalService
    /// `nil` on the agents' socket, where everybody has one address and secrets are beyond guessing.
    let guesses: GuessThrottle?

    enum Outcome {
        case known(KnownClient)
        case refused(HTTPResponse)
    }

    /// A client that has shown its secret.
    struct KnownClient {
        let client: OAuthClient
        let shown: Credentials
        /// What its address is counted under.
        fileprivate let key: String
    }

    /// - Throws: `PortalStoreError`.
    func client(of request: HTTPRequest, _ form: FormParameters) throws -> Outcome {
        let credentials = ClientCredentials(request, form)
        if case .malformed(let reason) = credentials { return .refused(OAuthAnswer.invalidRequest(reason)) }
        let key = try key(of: request, credentials.claimedID)
        let now = service.clock.now()
        if let seconds = guesses?.wait(of: key, at: now) {
            return .refused(OAuthAnswer.tooManyGuesses(retryAfter: seconds))
        }
        guard case .shown(let readings) = credentials else {
            return .refused(OAuthAnswer.invalidClient("the client must show its id and its secret"))
        }
        guard let known = try service.tokens.authenticate(readings) else {
            guesses?.wasWrong(key, at: now)
            return .refused(OAuthAnswer.invalidClient("no such client, or the secret is wrong"))
        }
        return .known(KnownClient(client: known.client, shown: known.shown, key: key))
    }

    /// The rest of the request was right, or it was not.
    func wasRight(_ known: KnownClient) { guesses?.wasRight(known.key) }
    func wasWrong(_ known: KnownClient) { guesses?.wasWrong(known.key, at: service.clock.now()) }

    /// Names that nobody has are counted as one, so that they take no memory.
    private func key(of request: HTTPRequest, _ id: String?) throws -> String {
        let network = LaunchThrottle.network(of: request.clientAddress)
        guard guesses != nil, let id, try service.tokens.knows(clientID: id) else { return network + " ?" }
        return network + " " + id
    }
}
