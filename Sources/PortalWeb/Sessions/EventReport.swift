internal import HTTP
internal import Portal

/// What the inside of a session reports: `{"event":{"name":"Workshop/View","data":{…}}}` (spec/portal-http.md, section 3.7,
/// `event/`). The same on the agents' socket and in the REST API.
struct EventReport {
    struct Problem: Error, Equatable {
        /// The part of the body that is wrong, empty for all of it.
        let field: String
        let message: String
    }

    let name: String
    let data: EventData

    init(_ request: HTTPRequest) throws(Problem) {
        let type = request.headers["Content-Type"]?.prefix { $0 != ";" } ?? ""
        guard type.filter({ !$0.isWhitespace }).lowercased() == "application/json" else {
            throw Problem(field: "", message: "the body must be application/json")
        }
        guard let body = JSONValue(parsing: request.body), let event = body["event"], case .object = event else {
            throw Problem(field: "event", message: "the body must be a JSON object with an object named event")
        }
        guard let name = event["name"]?.string, !name.isEmpty else {
            throw Problem(field: "event.name", message: "the event must have a name, such as Workshop/View")
        }
        self.name = name
        data = EventData(json: (event["data"] ?? .object([])).text)
    }
}
