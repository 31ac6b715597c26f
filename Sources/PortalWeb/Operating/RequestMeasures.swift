internal import HTTP
internal import Platform

/// Counts requests and how long their answers take, and writes the access log where one is wanted.
final class RequestMeasures: Sendable {
    private struct Figures: Sendable {
        /// By the first digit of the status, less one.
        let classes = (1...5).map { _ in Count() }
        let seconds = Histogram.ofDurations()
    }
    private let figures = RouteLabel.allCases.map { _ in Figures() }
    private let accessLog: Log?

    /// - Parameter accessLog: where each request is noted; `nil` keeps no access log.
    init(accessLog: Log? = nil) { self.accessLog = accessLog }

    /// The reply, counted when it is there. Answers that tell of a failure carry the request's id.
    func measured(
        _ reply: HTTPReply, to request: HTTPRequest, as label: RouteLabel, since watch: Stopwatch
    ) -> HTTPReply {
        switch reply {
        case .now(let response): .now(finished(response, to: request, as: label, since: watch))
        case .later(let start):
            .later { complete in
                start { response in complete(self.finished(response, to: request, as: label, since: watch)) }
            }
        }
    }

    private func finished(
        _ response: HTTPResponse, to request: HTTPRequest, as label: RouteLabel, since watch: Stopwatch
    ) -> HTTPResponse {
        let nanoseconds = watch.nanoseconds
        let figures = figures[label.rawValue]
        figures.classes[max(0, min(4, response.status / 100 - 1))].add()
        figures.seconds.record(nanoseconds)
        accessLog?.info(
            "request", ("method", request.method.text), ("path", request.path), ("status", response.status),
            ("microseconds", nanoseconds / 1000), ("client", request.clientAddress), ("request", request.id))
        guard response.status >= 400 else { return response }
        var response = response
        response.headers["X-Request-ID"] = request.id
        return response
    }

    /// How often each kind of address was answered with each class of status, such as `2xx`. Only what happened.
    func forEachCount(_ body: (_ route: String, _ status: String, _ count: Int) -> Void) {
        for label in RouteLabel.allCases {
            for (index, count) in figures[label.rawValue].classes.enumerated() where count.total > 0 {
                body(label.name, "\(index + 1)xx", count.total)
            }
        }
    }

    func forEachDuration(_ body: (_ route: String, _ seconds: Histogram.Snapshot) -> Void) {
        for label in RouteLabel.allCases { body(label.name, figures[label.rawValue].seconds.snapshot) }
    }
}
