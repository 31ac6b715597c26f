internal import HTTP
internal import Platform
internal import Portal

extension APIHandler {
    /// `/workshops/session/<name>/event/` (spec/portal-http.md, section 3.7): something happened inside the session. Names
    /// of the portal's own events are not taken, from anybody (weakness 8).
    func report(_ name: SessionName, _ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let report: EventReport
        do throws(EventReport.Problem) {
            report = try EventReport(request)
        } catch {
            throw APIRefusal.invalid(error.field.isEmpty ? "body" : error.field, PortalText.API.event(error.message))
        }
        return .later { complete in
            service.events.report(report.name, data: report.data, of: name) { result in
                switch result {
                case .success(.recorded): complete(APIHandler.json(.object([])))
                case .success(let outcome):
                    complete(response(to: APIHandler.refusal(of: outcome), request, on: site))
                case .failure(let error): complete(response(to: error, request, on: site))
                }
            }
        }
    }

    private static func refusal(of outcome: ReportOutcome) -> APIRefusal {
        switch outcome {
        case .forbidden: .ownEvent
        case .invalidName: .invalid("event.name", PortalText.API.badEventName)
        case .tooLarge: .tooLarge(PortalEvents.longestData)
        case .tooMany(let seconds): .tooMany(retryAfter: seconds)
        case .unknown, .recorded: .unknownSession
        }
    }
}
