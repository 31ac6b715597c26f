public import HTTP
internal import Platform
public import Portal

/// What the program's own commands ask of a portal that runs, over a socket that only its operator reaches.
struct ControlHandler: HTTPHandler {
    let service: PortalService
    let log: Log

    func reply(to request: HTTPRequest) -> HTTPReply {
        switch request.path {
        case ControlRequest.erasePath: erase(request)
        case ControlRequest.sessionPath: change(request)
        default: .now(HTTPResponse(status: 404, json: ["result": "unknown request"]))
        }
    }

    private func erase(_ request: HTTPRequest) -> HTTPReply {
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

extension ControlHandler {
    private func change(_ request: HTTPRequest) -> HTTPReply {
        guard request.method == .post, let action = ControlRequest.action(request.formParameters) else {
            return .now(HTTPResponse(status: 400, json: ["result": "no action on a session is named"]))
        }
        return .later { complete in
            service.administration.performForOperator(action) { result in
                switch result {
                case .success(let entry?):
                    log.info(
                        "the operator acted on a session", ("action", entry.action.rawValue), ("session", entry.target),
                        ("outcome", entry.outcome.rawValue))
                    let (isGood, text) = PortalText.done(entry)
                    complete(HTTPResponse(json: ["result": .string(text), "done": .bool(isGood)]))
                case .success(nil): complete(HTTPResponse(status: 403, json: ["result": "not allowed"]))
                case .failure(let error):
                    log.error("a session could not be changed", ("error", "\(error)"))
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
    /// A POST of a form with `action` (`extend`, `expire`, `terminate`), `session`, and `minutes` for `extend`.
    public static let sessionPath = "/sessions/act"

    /// What a command sends to have something done to a session.
    public static func form(of action: SessionAction) -> FormParameters {
        switch action {
        case .extend(let session, let minutes):
            ["action": "extend", "session": session.rawValue, "minutes": String(minutes)]
        case .expire(let session): ["action": "expire", "session": session.rawValue]
        case .terminate(let session): ["action": "terminate", "session": session.rawValue]
        }
    }

    static func action(_ form: FormParameters) -> SessionAction? {
        guard let session = form["session"].flatMap(SessionName.init(rawValue:)) else { return nil }
        switch form["action"] {
        case "extend":
            guard let minutes = form["minutes"].flatMap({ Int($0) }), (1...525_600).contains(minutes) else {
                return nil
            }
            return .extend(session, minutes: minutes)
        case "expire": return .expire(session)
        case "terminate": return .terminate(session)
        default: return nil
        }
    }

    /// Reads the answer: whether it was done, and a sentence for people. `nil` for anything else.
    public static func sessionOutcome(_ response: HTTPClientResponse) -> (isDone: Bool, text: String)? {
        guard response.status == 200, let answer = JSONValue(parsing: response.body),
            let text = answer["result"]?.string, case .bool(let isDone)? = answer["done"]
        else { return nil }
        return (isDone, text)
    }

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
