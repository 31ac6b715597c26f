internal import CLinux
internal import HTTP
internal import Platform

/// Answers what the front door asks about the hosts of the learner's servers, and shows what is to be seen there when no
/// server answers.
///
/// nginx asks about each request (`authorize`): 204 lets it pass to a socket of the relay, 401 has the agent answer
/// instead. The agent also answers where the relay found nobody.
struct IngressDoor: Sendable {
    let hosts: IngressHosts
    let entry: IngressEntry
    let relay: IngressRelay
    let pages: IngressPages
    let assets: StaticFiles
    let content: ContentFolder
    let policy: String

    /// Where nginx asks; it never passes a browser's request for it on.
    static let authorizePath = "/ingress/authorize"
    /// Below it, a server's host belongs to the agent.
    static let ownPrefix = "/.lectern/"

    init(
        manifest: SessionManifest, hosts: IngressHosts, entry: IngressEntry, relay: IngressRelay, pages: MessagePages,
        assets: StaticFiles
    ) {
        self.hosts = hosts
        self.entry = entry
        self.relay = relay
        self.assets = assets
        self.pages = IngressPages(frame: pages.frame)
        content = ContentFolder(path: manifest.contentFolder)
        let own = manifest.sessionURL
        policy = (["frame-ancestors 'self'", own] + PageFrame.sources(manifest.frameAncestors)).joined(separator: " ")
    }

    /// `nil` for requests to the session's own host.
    func reply(to request: HTTPRequest) -> HTTPResponse? {
        switch hosts.meaning(of: request.headers["Host"] ?? "") {
        case .session: return nil
        case .unknown:
            return request.path == IngressDoor.authorizePath ? refusal : pages.noSuchServer(request)
        case .ingress(let label, let name):
            if request.path == IngressDoor.authorizePath, let target = request.headers["Lectern-Target"] {
                return authorize(request, label: label, name: name, target: target)
            }
            return answer(request, label: label, name: name)
        }
    }

    private func authorize(_ request: HTTPRequest, label: String, name: String, target: String) -> HTTPResponse {
        guard let entry = hosts.entry(name, for: target), entry.ingress.folder == nil, mayPass(request, label, entry),
            let passage = IngressPassage(
                entry, target: target, request: request, url: hosts.url(label: label), policy: policy)
        else { return refusal }
        return HTTPResponse(status: 204, headers: passage.headers)
    }

    /// Has nginx ask for a page.
    private var refusal: HTTPResponse { HTTPResponse(status: 401, headers: ["Cache-Control": "no-store"]) }

    private func mayPass(_ request: HTTPRequest, _ label: String, _ entry: IngressHosts.Entry) -> Bool {
        entry.ingress.isOpenToAll || self.entry.visitor(of: request, label: label) != nil
    }

    // MARK: Instead of a server

    private func answer(_ request: HTTPRequest, label: String, name: String) -> HTTPResponse {
        if request.path == IngressEntry.enterPath {
            return entry.enter(request, label: label) ?? pages.cookiesMissing(request)
        }
        let staticPrefix = IngressDoor.ownPrefix + "static/"
        if request.path.hasPrefix(staticPrefix) {
            return assets.response(name: String(request.path.dropFirst(staticPrefix.count)), to: request)
                ?? HTTPResponse(status: 404, text: "not found\n")
        }
        let isQuestion = request.path == IngressDoor.ownPrefix + "listening"
        if request.path.hasPrefix(IngressDoor.ownPrefix), !isQuestion { return pages.noSuchPage(request) }
        let target = isQuestion ? request.queryParameters["path"] ?? "/" : IngressDoor.target(of: request)
        guard let entry = hosts.entry(name, for: target) else { return pages.noSuchServer(request) }
        guard mayPass(request, label, entry) else { return enterFirst(request, label: label, target: target) }
        if isQuestion { return isListening(entry.ingress.port) ? listening(200) : listening(503) }
        if let folder = entry.ingress.folder { return file(below: folder, request) }
        if relay.isFull { return pages.busy(request) }
        return isListening(entry.ingress.port)
            ? pages.noAnswer(request, port: entry.ingress.port) : pages.waiting(request, port: entry.ingress.port)
    }

    private func listening(_ status: Int) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Cache-Control": "no-store"], text: status == 200 ? "yes\n" : "no\n")
    }

    /// A person's browser is sent for a ticket; scripts and sockets are told.
    private func enterFirst(_ request: HTTPRequest, label: String, target: String) -> HTTPResponse {
        let method = request.headers["Lectern-Method"] ?? request.method.text
        let mode = request.headers["Sec-Fetch-Mode"]
        let isNavigation = mode.map { $0 == "navigate" } ?? (request.headers["Accept"]?.contains("text/html") ?? true)
        guard method == "GET", isNavigation, request.headers["Upgrade"] == nil else { return pages.enterFirst(request) }
        return entry.begin(request, label: label, target: target)
    }

    private static func target(of request: HTTPRequest) -> String {
        request.query.isEmpty ? request.path : request.path + "?" + request.query
    }

    private func isListening(_ port: Int) -> Bool {
        UInt16(exactly: port).map { lectern_relay_is_listening($0) != 0 } ?? false
    }

    // MARK: Finished pages

    /// A file of the workshop's, as a page of a host of its own: it may run scripts there, but is no page of the session.
    private func file(below folder: String, _ request: HTTPRequest) -> HTTPResponse {
        let prefix = "/workshop/content"
        let path = IngressHosts.normalized(request.path)
        guard path.hasPrefix(prefix + "/") else { return IngressDoor.redirect(to: prefix + "/") }
        let below = String(path.dropFirst(prefix.count))
        for root in IngressDoor.roots(of: folder) {
            let name = root + (below.hasSuffix("/") ? below + "index.html" : below)
            if let file = content.read(name) { return file.response(name: name, policy: policy, to: request) }
            if !below.hasSuffix("/"), content.exists(name + "/index.html") {
                return IngressDoor.redirect(to: request.path + "/")
            }
        }
        return pages.noSuchPage(request)
    }

    /// Where a folder may be meant to lie: in the workshop's content, or in its folder `workshop`, which learners see as
    /// `/opt/workshop`.
    static func roots(of folder: String) -> [String] {
        var folder = folder[...]
        for prefix in ["/opt/workshop/", "./"] where folder.hasPrefix(prefix) {
            folder = folder.dropFirst(prefix.count)
            if prefix.hasPrefix("/") { return ["workshop/" + IngressDoor.plain(folder)] }
        }
        let plain = IngressDoor.plain(folder)
        return [plain, "workshop/" + plain]
    }

    private static func plain(_ folder: Substring) -> String {
        String(normalizedFolder(folder).dropFirst())
    }

    private static func normalizedFolder(_ folder: Substring) -> String {
        var path = IngressHosts.normalized("/" + folder)
        while path.hasSuffix("/") && path.count > 1 { path.removeLast() }
        return path
    }

    private static func redirect(to path: String) -> HTTPResponse {
        HTTPResponse(status: 302, headers: ["Location": path, "Cache-Control": "no-store"])
    }
}

extension ContentFolder.File {
    fileprivate func response(name: String, policy: String, to request: HTTPRequest) -> HTTPResponse {
        let tag = "\"\(stamp.seconds)-\(stamp.nanoseconds)-\(stamp.size)\""
        let headers: HTTPHeaders = [
            "ETag": tag, "Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": policy, "Referrer-Policy": "same-origin",
        ]
        if request.headers["If-None-Match"] == tag { return HTTPResponse(status: 304, headers: headers) }
        var response = HTTPResponse(headers: headers, body: .bytes(bytes))
        response.headers["Content-Type"] = StaticFile.contentType(of: name)
        return response
    }
}
