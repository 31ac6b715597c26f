public import HTTP
internal import Platform
public import Portal

/// What the program's own commands ask of a portal that runs, over a socket that only its operator reaches.
struct ControlHandler: HTTPHandler {
    let service: PortalService
    let log: Log

    func reply(to request: HTTPRequest) -> HTTPReply {
        guard request.path == ControlRequest.erasePath else {
            return .now(HTTPResponse(status: 404, json: ["result": "unknown request"]))
        }
        guard request.method == .post, let user = request.formParameters["user"].flatMap(UserID.init(rawValue:)) else {
            return .now(HTTPResponse(status: 400, json: ["result": "no user is named"]))
        }
        let ends = request.formParameters["end-sessions"] == "yes"
        return .later { complete in
            service.accounts.erase(user, endsSessions: ends) { result in
                switch result {
                case .success(let outcome):
                    if outcome == .erased { log.info("a user was erased") }
                    complete(HTTPResponse(json: ControlRequest.json(of: outcome)))
                case .failure(let error):
                    log.error("a user could not be erased", ("error", "\(error)"))
                    complete(HTTPResponse(status: 503, json: ["result": .string("\(error)")]))
                }
            }
        }
    }
}

/// The requests that `ControlHandler` answers, and its answers: both sides' agreement.
public enum ControlRequest {
    /// A POST of a form with `user`, and `end-sessions=yes` where that is wanted.
    public static let erasePath = "/users/erase"

    static func json(of outcome: ErasureOutcome) -> JSONValue {
        func answer(_ word: String, _ names: [SessionName] = []) -> JSONValue {
            ["result": .string(word), "sessions": .array(names.map { .string($0.rawValue) })]
        }
        return switch outcome {
        case .erased: answer("erased")
        case .ending(let names): answer("ending", names)
        case .hasSessions(let names): answer("has-sessions", names)
        case .unknown: answer("unknown")
        }
    }

    /// Reads an answer. `nil` for anything else.
    public static func outcome(_ response: HTTPClientResponse) -> ErasureOutcome? {
        guard response.status == 200, let answer = JSONValue(parsing: response.body) else { return nil }
        let names = (answer["sessions"]?.array ?? []).compactMap { $0.string.flatMap(SessionName.init(rawValue:)) }
        return switch answer["result"]?.string {
        case "erased": .erased
        case "ending": .ending(names)
        case "has-sessions": .hasSessions(names)
        case "unknown": .unknown
        default: nil
        }
    }
}
