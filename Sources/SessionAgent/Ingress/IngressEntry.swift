internal import HTTP
internal import Platform
internal import Synchronization

/// How a visitor of the session gets into a host of the learner's servers without noticing: from there to the session's
/// own host, whose cookie tells who it is, and back with a ticket that is good once, for a minute, in this browser.
///
/// The portal is not asked, and needs no redirect address for these hosts: whoever may enter the session may enter here.
struct IngressEntry: Sendable {
    let hosts: IngressHosts
    let cookies: AgentCookies
    let sessionURL: String
    let clock: WallClock
    private let used = UsedTickets()

    init(manifest: SessionManifest, hosts: IngressHosts, cookies: AgentCookies, clock: WallClock) {
        self.hosts = hosts
        self.cookies = cookies
        self.clock = clock
        sessionURL = manifest.sessionURL
    }

    /// Seconds that a ticket is good for, and that a browser may take for the whole way.
    private static let ticketLifetime = 60
    private static let wayLifetime = 600
    /// Attempts of one browser that keeps no cookie before it is told so.
    private static let attempts = 2

    /// Where the session's host gives out tickets.
    static let askPath = "/ingress/enter"
    /// Where a server's host takes them.
    static let enterPath = "/.lectern/enter"

    /// Who sends a request to a server's host, by its cookie; a cookie of one host is worth nothing at another.
    func visitor(of request: HTTPRequest, label: String) -> Visitor? {
        for value in request.cookies.all(cookies.appName) {
            let fields = cookies.opened(
                value, from: "app", count: 4, seconds: AgentCookies.lifetime, at: clock.now())
            if let fields, fields[3] == label {
                return Visitor(id: fields[0], user: fields[1], isStaff: fields[2] == "staff")
            }
        }
        return nil
    }

    /// Sends a browser from a server's host to the session's.
    func begin(_ request: HTTPRequest, label: String, target: String, attempt: Int = 1) -> HTTPResponse {
        // Several frames of one page may be on this way at once: they share what ties them to the browser.
        let binding = binding(of: request) ?? SecretToken.random().text
        let now = clock.now()
        let wish = cookies.sealed(
            [label, binding, LocalPath.checked(target, otherwise: "/"), String(attempt)], for: "app-wish", at: now)
        var response = IngressEntry.redirect("\(sessionURL)\(IngressEntry.askPath)?wish=\(wish)")
        let sealed = cookies.sealed([binding], for: cookies.appEntryName, at: now)
        response.headers.add(
            cookies.cookie(cookies.appEntryName, sealed, seconds: IngressEntry.wayLifetime))
        return response
    }

    /// The session's host: gives a visitor of the session a ticket. `nil` for a wish that no host of ours has made.
    func ticket(for visitor: Visitor, _ request: HTTPRequest) -> HTTPResponse? {
        guard let wish = request.queryParameters["wish"],
            let fields = cookies.opened(
                wish, from: "app-wish", count: 4, seconds: IngressEntry.wayLifetime, at: clock.now()),
            case .ingress(let label, _) = hosts.meaning(of: host(of: fields[0]))
        else { return nil }
        let ticket = cookies.sealed(
            fields + [visitor.id, visitor.user, visitor.isStaff ? "staff" : ""], for: "app-ticket", at: clock.now())
        return IngressEntry.redirect("\(hosts.url(label: label))\(IngressEntry.enterPath)?ticket=\(ticket)")
    }

    /// The server's host again. `nil` when the browser does not keep cookies, or the ticket is none.
    func enter(_ request: HTTPRequest, label: String) -> HTTPResponse? {
        let ticket = request.queryParameters["ticket"] ?? ""
        let fields = cookies.opened(
            ticket, from: "app-ticket", count: 7, seconds: IngressEntry.ticketLifetime, at: clock.now())
        guard let fields, fields[0] == label else {
            return visitor(of: request, label: label) == nil ? nil : IngressEntry.redirect("/")
        }
        let target = LocalPath.checked(fields[2], otherwise: "/")
        let isOurs = binding(of: request).map { secretsAreEqual($0, fields[1]) } ?? false
        guard isOurs, used.take(ticket, at: clock.now(), keeping: IngressEntry.ticketLifetime) else {
            if visitor(of: request, label: label) != nil { return IngressEntry.redirect(target) }
            let attempt = Int(fields[3]) ?? IngressEntry.attempts
            guard attempt < IngressEntry.attempts else { return nil }
            return begin(request, label: label, target: target, attempt: attempt + 1)
        }
        var response = IngressEntry.redirect(target)
        let value = cookies.sealed([fields[4], fields[5], fields[6], label], for: "app", at: clock.now())
        response.headers.add(cookies.cookie(cookies.appName, value, seconds: AgentCookies.lifetime))
        return response
    }

    private func host(of label: String) -> String {
        String(hosts.url(label: label).split(separator: "/", omittingEmptySubsequences: true).last ?? "")
    }

    private func binding(of request: HTTPRequest) -> String? {
        for value in request.cookies.all(cookies.appEntryName) {
            let fields = cookies.opened(
                value, from: cookies.appEntryName, count: 1, seconds: IngressEntry.wayLifetime, at: clock.now())
            if let fields { return fields[0] }
        }
        return nil
    }

    /// The next host learns nothing of the address that led to it: it may hold a ticket.
    private static func redirect(_ target: String) -> HTTPResponse {
        HTTPResponse(
            status: 302,
            headers: ["Location": target, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"])
    }
}

/// Tickets that have been used and are not too old yet to be refused for that.
private final class UsedTickets: Sendable {
    private let tickets = Mutex<[(digest: String, time: Timestamp)]>([])
    private static let most = 512

    /// - Returns: false when it was taken before, or when so many are that it cannot be known.
    func take(_ ticket: String, at now: Timestamp, keeping seconds: Int) -> Bool {
        let digest = SHA256.challenge(of: ticket)
        return tickets.withLock { tickets in
            tickets.removeAll { now.seconds(since: $0.time) > seconds }
            guard tickets.count < UsedTickets.most, !tickets.contains(where: { $0.digest == digest }) else {
                return false
            }
            tickets.append((digest, now))
            return true
        }
    }
}
