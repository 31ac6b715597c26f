internal import HTTP
internal import Portal

/// The one place where a mistake becomes an answer.
enum Refusal: Error, Equatable {
    /// No page at this address.
    case notFound
    case methodNotAllowed(allow: String)
    /// The index URL was not accepted; the sentence says why.
    case badIndexURL(String)
    /// The address to go on to is missing or not on this portal.
    case badTarget
    /// A parameter of the link is missing or wrong.
    case badLink(String)
    case activationSpent
    /// A POST that no page of this portal sent.
    case crossSite
    /// Signed in, and not as staff.
    case notStaff
    case tooLarge
    case tooMany(retryAfter: Int)
    /// The portal has no definitions or environments yet.
    case portalStarting
    case environmentStarting(workshop: String, retryAfter: Int)
    case runtimeFailing
    /// The session is on record as ready, and its host does not answer.
    case sessionSilent(SessionName, workshop: String)
    case storeFailing
    case failed

    var status: Int {
        switch self {
        case .notFound: 404
        case .methodNotAllowed: 405
        case .badIndexURL, .badTarget, .badLink, .activationSpent: 400
        case .crossSite, .notStaff: 403
        case .tooLarge: 413
        case .tooMany: 429
        case .portalStarting, .environmentStarting, .runtimeFailing, .sessionSilent, .storeFailing: 503
        case .failed: 500
        }
    }

    /// Seconds for `Retry-After` (RFC 9110, section 10.2.3).
    var retryAfter: Int? {
        switch self {
        case .tooMany(let seconds): max(1, seconds)
        case .environmentStarting(_, let seconds): max(1, seconds)
        case .portalStarting: 2
        case .sessionSilent: 3
        case .runtimeFailing: 10
        case .storeFailing: 5
        default: nil
        }
    }

    var message: MessagePage {
        typealias Text = PortalText
        return switch self {
        case .notFound:
            MessagePage(heading: Text.notFoundTitle, happened: Text.notFound, advice: Text.notFoundAdvice)
        case .methodNotAllowed:
            MessagePage(heading: Text.methodTitle, happened: Text.methodNotAllowed, advice: Text.methodAdvice)
        case .badIndexURL(let reason):
            MessagePage(
                heading: Text.badRequestTitle, happened: reason, advice: Text.badIndexURLAdvice, link: nil)
        case .badTarget:
            MessagePage(heading: Text.badRequestTitle, happened: Text.badTarget, advice: Text.badTargetAdvice)
        case .badLink(let reason):
            MessagePage(heading: Text.badRequestTitle, happened: reason, advice: Text.badTargetAdvice)
        case .activationSpent:
            MessagePage(
                heading: Text.badRequestTitle, happened: Text.activationSpent, advice: Text.activationSpentAdvice,
                link: nil)
        case .crossSite:
            MessagePage(heading: Text.forbiddenTitle, happened: Text.crossSite, advice: Text.crossSiteAdvice)
        case .notStaff:
            MessagePage(
                heading: Text.notStaffTitle, happened: Text.notStaff, advice: Text.notStaffAdvice,
                link: (Text.loginTitle, PortalRoute.adminLogin.path))
        case .tooLarge:
            MessagePage(heading: Text.tooLargeTitle, happened: Text.tooLarge, advice: Text.tooLargeAdvice)
        case .tooMany(let seconds):
            MessagePage(
                heading: Text.slowDownTitle, happened: Text.slowDown, advice: Text.slowDownAdvice(seconds: seconds),
                link: nil)
        case .portalStarting:
            MessagePage(
                heading: Text.unavailableTitle, happened: Text.portalStarting, advice: Text.portalStartingAdvice,
                link: nil, refresh: retryAfter)
        case .environmentStarting(let workshop, _):
            MessagePage(
                heading: Text.unavailableTitle, happened: Text.environmentStarting(workshop),
                advice: Text.environmentStartingAdvice, refresh: retryAfter)
        case .runtimeFailing:
            MessagePage(
                heading: Text.unavailableTitle, happened: Text.runtimeFailing, advice: Text.runtimeFailingAdvice,
                refresh: retryAfter)
        case .sessionSilent(let session, let workshop):
            MessagePage(
                heading: Text.silentTitle, happened: Text.silent(workshop), advice: Text.silentAdvice,
                link: (Text.endButton, PortalRoute.delete(session.rawValue).path), refresh: retryAfter,
                refreshURL: PortalRoute.session(session.rawValue).path)
        case .storeFailing:
            MessagePage(
                heading: Text.unavailableTitle, happened: Text.storeFailing, advice: Text.storeFailingAdvice,
                link: nil)
        case .failed:
            MessagePage(heading: Text.failedTitle, happened: Text.failed, advice: Text.failedAdvice)
        }
    }

    func response(to request: HTTPRequest, on site: PortalSite) -> HTTPResponse {
        var page = message
        page.requestID = request.id
        var response = site.page(page.html(in: site.frame), status: status)
        if let retryAfter { response.headers["Retry-After"] = String(retryAfter) }
        if case .methodNotAllowed(let allow) = self { response.headers["Allow"] = allow }
        return response
    }
}
