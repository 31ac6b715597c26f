internal import HTTP
internal import HTTPEngine
internal import Portal

/// Posts events with libcurl, on threads of its own.
struct EventPost: EventSender {
    /// Bytes that are read of an answer, which nobody needs.
    private static let answerLimit = 64 * 1024

    private let threads: ClientThreads
    private let trusted = CurlClient(sizeLimit: EventPost.answerLimit)
    /// Apart from the other one, for clients keep connections: one to a private address must not be used again here.
    private let wary = CurlClient(sizeLimit: EventPost.answerLimit, reachesPublicOnly: true)
    private let timeout: Double

    /// - Parameter timeout: seconds for one attempt.
    init(timeout: Int) {
        self.timeout = Double(timeout)
        threads = ClientThreads(limit: 16)
    }

    func send(_ message: EventMessage, completion: @escaping @Sendable (EventOutcome) -> Void) {
        var headers: HTTPHeaders = ["User-Agent": "Lectern/\(Lectern.version)"]
        for (name, value) in message.headers { headers.add(name, value) }
        let request = HTTPClientRequest(
            method: .post, url: message.url, headers: headers, body: message.body, timeout: timeout)
        threads.send(request, with: message.reach == .publicOnly ? wary : trusted) { result in
            switch result {
            case .success(let response): completion(EventPost.outcome(of: response))
            case .failure(let error): completion(.failed("\(error)"))
            }
        }
    }

    private static func outcome(of response: HTTPClientResponse) -> EventOutcome {
        guard !(200...299).contains(response.status) else { return .accepted }
        // Seconds only: what gives a date is asked again at our own pace.
        return .refused(status: response.status, retryAfter: response.headers["Retry-After"].flatMap { Int($0) })
    }

    func stop() { threads.stop() }
}
