/// A request as the engine hands it over: complete, with its whole body.
public struct HTTPRequest: Sendable {
    public var method: HTTPMethod
    /// The path as sent: begins with `/`, still percent-encoded, without query.
    public var path: String
    /// The query as sent, without `?`; empty when there is none.
    public var query: String
    public var headers: HTTPHeaders
    public var body: [UInt8]
    /// The address of the client: the peer's, or the one a trusted front door reports.
    public var clientAddress: String
    /// A random id that ties log lines and error pages to this request.
    public var id: String

    public init(
        method: HTTPMethod = .get, path: String, query: String = "", headers: HTTPHeaders = [:], body: [UInt8] = [],
        clientAddress: String = "127.0.0.1", id: String = ""
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.clientAddress = clientAddress
        self.id = id
    }
}
