internal import CAssets
public import HTTP
public import Platform

/// What a learner sees of a session: a dashboard with instructions and terminals, for those whom the portal lets in.
///
/// Answers requests for one host name; the executable puts an HTTP server on `manifest.listenSocket` in front of it.
public final class SessionAgent: HTTPHandler {
    private let manifest: SessionManifest
    private let entry: EntryFlow
    private let cookies: AgentCookies
    private let grants = VisitorGrants()
    private let worker: PortalWorker
    private let calls: SessionCalls
    private let events: EventReporter
    private let terminals: TerminalSet
    private let library: InstructionLibrary
    private let room: RoomPage
    private let editor: EditorRoutes
    private let files: FileRoutes
    private let pages: MessagePages
    private let assets: StaticFiles
    private let activity = ActivityClock()
    private let runner: ScriptRunner
    private let setup: WorkshopSetup
    private let examiner: Examiner
    private let gate: PageGate
    private let checkRoutes: CheckRoutes
    private let setupRoutes: SetupRoutes
    private let relay: IngressRelay
    private let servers: IngressDoor

    /// - Parameters:
    ///   - client: reaches the portal over `manifest.portalSocket`. Called on a thread of the agent's own.
    ///   - serverConnections: to the learner's own servers at once, over all of them; 1 or more.
    public init(
        manifest: SessionManifest, client: any HTTPClient, clock: WallClock = .system, log: Log,
        serverConnections: Int = 256
    ) {
        let manifest = manifest.expanded()
        self.manifest = manifest
        assets = SessionAgent.embeddedAssets()
        cookies = AgentCookies(manifest: manifest)
        let work = WorkArea(manifest)
        let frame = PageFrame(
            manifest: manifest, assets: assets,
            frameSources: FrameSources.list(
                for: manifest, urls: work.frames + [manifest.instructionsURL].compactMap { $0 }))
        pages = MessagePages(frame: frame)
        let portal = PortalAPI(client: client, manifest: manifest)
        let worker = PortalWorker()
        self.worker = worker
        let events = EventReporter(portal: portal, worker: worker, clock: clock, log: log.about("events"))
        self.events = events
        entry = EntryFlow(
            manifest: manifest, cookies: cookies, grants: grants, portal: portal, events: events, worker: worker,
            clock: clock, pages: pages, log: log.about("entry"))
        calls = SessionCalls(
            portal: portal, worker: worker, grants: grants, events: events, pages: pages, manifest: manifest,
            log: log.about("session"))
        let runner = ScriptRunner()
        self.runner = runner
        let folders = WorkshopFolders(manifest: manifest)
        let setup = WorkshopSetup(
            manifest: manifest, folders: folders, runner: runner, log: log.about("setup"), onFailure: events.failed)
        self.setup = setup
        examiner = Examiner(manifest: manifest, folders: folders, runner: runner, setup: setup, clock: clock)
        terminals = TerminalSet(manifest: manifest, events: events, setup: setup, log: log.about("terminal"))
        library = InstructionLibrary(
            manifest: manifest, surroundings: ActionSurroundings(manifest, terminals: work.terminals),
            cacheLimit: manifest.pageCache ?? InstructionLibrary.cacheLimit, log: log.about("instructions"),
            added: { setup.added }, onProblem: events.failed)
        setupRoutes = SetupRoutes(setup: setup, frame: frame, pages: pages, session: manifest.session)
        let passed = PassedChecks(manifest: manifest, log: log.about("checks"))
        gate = PageGate(library: library, passed: passed, hasExaminer: manifest.applications.hasExaminer)
        checkRoutes = CheckRoutes(
            examiner: examiner, passed: passed, gate: gate, library: library, pages: pages, session: manifest.session)
        let hosts = IngressHosts(manifest: manifest)
        let folder = manifest.listenSocket.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        relay = IngressRelay(
            RelayRoute.all(hosts, in: folder.joined(separator: "/")), limit: serverConnections, log: log.about("relay"))
        servers = IngressDoor(
            manifest: manifest, hosts: hosts,
            entry: IngressEntry(manifest: manifest, hosts: hosts, cookies: cookies, clock: clock), relay: relay,
            pages: pages, assets: assets)
        let home = HomeFolder(path: manifest.home, limits: FileLimits(manifest.applications))
        editor = EditorRoutes(manifest: manifest, home: home)
        files = FileRoutes(manifest: manifest, home: home)
        room = RoomPage(frame: frame, library: library, work: work, setup: setupRoutes)
    }

    /// Starts the agent's threads and the workshop's setup. Shells start with their first viewer, once that is over. The
    /// sockets for the learner's servers exist afterwards.
    public func start() {
        worker.start()
        relay.start()
        terminals.start()
        if manifest.applications.hasExaminer || setup.hasScripts { runner.start() }
        setup.start()
    }

    /// Ends every shell and returns when the agent's threads have ended. Requests may still come and are answered; their
    /// terminals stay closed.
    public func stop() {
        runner.stop()
        terminals.stop()
        relay.stop()
        worker.stop()
    }

    // MARK: Requests

    public func reply(to request: HTTPRequest) -> HTTPReply {
        if let response = servers.reply(to: request) { return .now(response) }
        switch request.path {
        case "/oauth_callback": return entry.callback(request)
        case "/session/activity":
            // For the portal, which comes straight to the socket; whoever comes through the front door is told nothing.
            guard request.headers["X-Forwarded-For"] == nil else { return .now(pages.notFound(request)) }
            return .now(activityReport)
        case let path where path.hasPrefix("/static/"):
            let name = String(path.dropFirst("/static/".count))
            return .now(assets.response(name: name, to: request) ?? HTTPResponse(status: 404, text: "not found\n"))
        case "/favicon.ico", "/robots.txt": return .now(HTTPResponse(status: 404, text: "not found\n"))
        default: break
        }
        guard let visitor = entry.visitor(of: request) else { return .now(withoutCookie(request)) }
        return reply(to: request, from: visitor)
    }

    /// A person's browser is sent to the portal; scripts, sockets and forms are told.
    private func withoutCookie(_ request: HTTPRequest) -> HTTPResponse {
        let mode = request.headers["Sec-Fetch-Mode"]
        let isNavigation = mode.map { $0 == "navigate" } ?? (request.headers["Accept"]?.contains("text/html") ?? true)
        guard request.method == .get, isNavigation, request.headers["Upgrade"] == nil else {
            return pages.signInFirst(request)
        }
        let target = request.query.isEmpty ? request.path : request.path + "?" + request.query
        return entry.sendToPortal(returningTo: target)
    }

    private func reply(to request: HTTPRequest, from visitor: Visitor) -> HTTPReply {
        let isReading = request.method == .get || request.method == .head
        switch request.path {
        case "/":
            return .now(HTTPResponse(status: 302, headers: ["Location": "/dashboard/", "Cache-Control": "no-store"]))
        case "/dashboard":
            return .now(HTTPResponse(status: 302, headers: ["Location": "/dashboard/", "Cache-Control": "no-store"]))
        case "/dashboard/":
            guard isReading else { return .now(pages.methodNotAllowed(allowed: "GET, HEAD", request)) }
            return .now(dashboard(request, visitor))
        case "/session/poll":
            activity.heard(isVisible: request.queryParameters["hidden"] != "true")
            events.send()
            return .now(
                HTTPResponse(status: 204, headers: ["Cache-Control": "no-store", "Lectern-Session": manifest.session]))
        case "/session/schedule":
            guard isReading else { return .now(pages.methodNotAllowed(allowed: "GET, HEAD", request)) }
            return calls.schedule(for: visitor)
        case "/session/extend":
            guard request.method == .post else { return .now(pages.methodNotAllowed(allowed: "POST", request)) }
            guard isOurForm(request, visitor) else { return .now(pages.notOurForm(request)) }
            return calls.extend(for: visitor)
        case "/session/end":
            guard request.method == .post else { return .now(pages.methodNotAllowed(allowed: "POST", request)) }
            guard isOurForm(request, visitor) else { return .now(pages.notOurForm(request)) }
            return calls.end(for: visitor, request)
        case "/session/event":
            guard request.method == .post else { return .now(pages.methodNotAllowed(allowed: "POST", request)) }
            guard isOurForm(request, visitor) else { return .now(pages.notOurForm(request)) }
            return .now(action(request, visitor))
        case IngressEntry.askPath:
            return .now(servers.entry.ticket(for: visitor, request) ?? pages.notFound(request))
        case let path where path.hasPrefix("/workshop/"):
            guard isReading else { return .now(pages.methodNotAllowed(allowed: "GET, HEAD", request)) }
            return .now(workshop(String(path.dropFirst("/workshop/".count)), request, visitor))
        case let path where path.hasPrefix("/examiner/"):
            let caller = CheckRoutes.Caller(
                isOwner: isOwner(visitor), seesAll: seesAll(visitor), isOurForm: isOurForm(request, visitor))
            return checkRoutes.reply(String(path.dropFirst("/examiner/".count)), to: request, from: caller)
        case let path where path.hasPrefix("/setup/"):
            return .now(
                setupRoutes.reply(
                    String(path.dropFirst("/setup/".count)), to: request, seesLog: seesAll(visitor)))
        case let path where path.hasPrefix("/terminal/session/"):
            return .now(terminal(String(path.dropFirst("/terminal/session/".count)), request, visitor))
        case let path where path.hasPrefix("/files/"):
            guard isReading else { return .now(pages.methodNotAllowed(allowed: "GET, HEAD", request)) }
            return .now(files.download(String(path.dropFirst("/files/".count)), request) ?? pages.notFound(request))
        case let path where path.hasPrefix("/editor/") && manifest.applications.hasEditor:
            return .now(editing(String(path.dropFirst("/editor/".count)), request, visitor))
        case "/upload/file", "/upload/files":
            // An upload that somebody takes does not get here.
            guard request.method == .post else { return .now(pages.methodNotAllowed(allowed: "POST", request)) }
            guard isOurForm(request, visitor) else { return .now(pages.notOurForm(request)) }
            guard files.uploadsFolder != nil else { return .now(pages.notFound(request)) }
            return .now(UploadReceiver.response(400, AgentText.uploadIncomplete, manifest.session))
        default: return .now(pages.notFound(request))
        }
    }

    public func receiver(for request: HTTPRequest) -> (any HTTPBodyReceiver)? {
        guard request.method == .post, ["/upload/file", "/upload/files", "/editor/upload"].contains(request.path),
            case .session = servers.hosts.meaning(of: request.headers["Host"] ?? ""),
            let visitor = entry.visitor(of: request), isOurForm(request, visitor)
        else { return nil }
        let type = request.headers["Content-Type"] ?? ""
        let done: @Sendable () -> Void = { [activity] in activity.heard(isVisible: true) }
        guard request.path == "/editor/upload" else {
            return files.receiver(for: request.path, contentType: type, done: done)
        }
        guard manifest.applications.hasEditor else { return nil }
        return editor.receiver(contentType: type, done: done)
    }

    private func editing(_ name: String, _ request: HTTPRequest, _ visitor: Visitor) -> HTTPResponse {
        switch request.method {
        case .get, .head: return editor.read(name, request) ?? pages.notFound(request)
        case .post:
            guard isOurForm(request, visitor) else { return pages.notOurForm(request) }
            // Looking whether files have changed goes on without anybody there.
            if name != "changes" { activity.heard(isVisible: true) }
            return editor.change(name, request) ?? pages.notFound(request)
        default: return pages.methodNotAllowed(allowed: "GET, HEAD, POST", request)
        }
    }

    private func dashboard(_ request: HTTPRequest, _ visitor: Visitor) -> HTTPResponse {
        // After a restart of the agent the portal has to tell once more who this is.
        guard let grant = grants[visitor.id] else {
            return entry.sendToPortal(
                returningTo: request.query.isEmpty ? request.path : request.path + "?" + request.query)
        }
        activity.heard(isVisible: true)
        let place = PagePlace(cookies: cookies)
        let view = gate.view(seesAll: seesAll(visitor))
        let open = library.pages().filter { !view.locked.contains($0.id) }
        let page = request.queryParameters["page"] ?? place.page(of: request, among: open) ?? ""
        let rendered = room.rendered(page).flatMap { view.locked.contains($0.page.id) ? nil : $0 }
        if visitor.user == grant.owner && request.method == .get { events.opened(rendered) }
        var response = room.response(
            page: page, formToken: cookies.formToken(for: visitor.id),
            returnURL: grant.returnURL, gate: gate, view: view, seesSetupLog: seesAll(visitor))
        if let rendered { response.headers.add(place.cookie(for: rendered.page)) }
        return response
    }

    /// Staff and an author at work see every page, and what the setup said.
    private func seesAll(_ visitor: Visitor) -> Bool { visitor.isStaff || manifest.isPreview }

    /// Runs a check as a page does, for those who are in the same process. `answer` is called once, from any thread, and
    /// must not block.
    package func run(_ check: CheckRequest, answer: @escaping @Sendable (CheckAnswer) -> Void) {
        examiner.run(check, answer: answer)
    }

    /// Calls back once the workshop's setup is over: at once if it is.
    package func whenSetUp(_ body: @escaping @Sendable () -> Void) { setup.whenOver(body) }

    /// `content/<page>/`, the files of `content` and `static`, and `print`.
    private func workshop(_ path: String, _ request: HTTPRequest, _ visitor: Visitor) -> HTTPResponse {
        let decoded = PercentEncoding.decode(path)
        if decoded.hasPrefix("static/") { return file(decoded, request) }
        if decoded == "print" {
            activity.heard(isVisible: true)
            return room.printing(gate.view(seesAll: seesAll(visitor)))
        }
        guard decoded.hasPrefix("content/") else { return pages.notFound(request) }
        if let url = manifest.instructionsURL, FrameSources.origin(of: url) != nil {
            return HTTPResponse(status: 302, headers: ["Location": url, "Cache-Control": "no-store"])
        }
        var id = String(decoded.dropFirst("content/".count))
        while id.hasSuffix("/") { id.removeLast() }
        guard let rendered = library.rendered(id) else {
            return file(String(decoded.dropFirst("content/".count)), request)
        }
        guard request.query == "fragment" else {
            return HTTPResponse(
                status: 302,
                headers: ["Location": PageAddress.dashboard(rendered.page.id), "Cache-Control": "no-store"])
        }
        activity.heard(isVisible: true)
        let view = gate.view(seesAll: seesAll(visitor))
        if view.locked.contains(rendered.page.id) {
            let obstacle = gate.obstacle(to: rendered.page.id, in: view)
            return HTTPResponse(
                status: 403, headers: PageFrame.headers, html: InstructionHTML.locked(rendered.page, behind: obstacle))
        }
        if isOwner(visitor) && request.method == .get { events.viewed(rendered) }
        var headers = PageFrame.headers
        headers["Cache-Control"] = "private, no-cache"
        // What is shut is shut in order, so a number says which pages those are.
        let waits = view.waiting.contains(rendered.page.id) ? "-waits" : ""
        headers["ETag"] = "\"\(rendered.version)-\(view.locked.count)\(waits)\""
        headers.add(PagePlace(cookies: cookies).cookie(for: rendered.page))
        if request.headers["If-None-Match"] == headers["ETag"] { return HTTPResponse(status: 304, headers: headers) }
        return HTTPResponse(headers: headers, html: InstructionHTML.page(rendered, in: library.pages(), view: view))
    }

    /// What staff look at says nothing about how far the learner is.
    private func isOwner(_ visitor: Visitor) -> Bool {
        !visitor.isStaff || grants[visitor.id]?.owner == visitor.user
    }

    /// An action was clicked whose author wants to hear of it.
    private func action(_ request: HTTPRequest, _ visitor: Visitor) -> HTTPResponse {
        guard let text = request.formParameters["event"], text.utf8.count <= 4096,
            let event = JSONValue(parsing: Array(text.utf8))
        else { return HTTPResponse(status: 400, text: "event is missing, too long, or not JSON\n") }
        if isOwner(visitor) { events.acted(event) }
        return HTTPResponse(status: 204, headers: ["Cache-Control": "no-store", "Lectern-Session": manifest.session])
    }

    private func file(_ path: String, _ request: HTTPRequest) -> HTTPResponse {
        guard let file = library.file(path) else { return pages.notFound(request) }
        let tag = "\"\(file.stamp.seconds)-\(file.stamp.nanoseconds)-\(file.stamp.size)\""
        // Confined like the pages: an author's picture or document must not run as a page of this host.
        let headers: HTTPHeaders = [
            "ETag": tag, "Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; sandbox",
        ]
        if request.headers["If-None-Match"] == tag { return HTTPResponse(status: 304, headers: headers) }
        var response = HTTPResponse(headers: headers, body: .bytes(file.bytes))
        response.headers["Content-Type"] = StaticFile.contentType(of: path)
        return response
    }

    /// `<id>/socket?from=<stream>:<position>&columns=&rows=`: the WebSocket of a terminal.
    private func terminal(_ path: String, _ request: HTTPRequest, _ visitor: Visitor) -> HTTPResponse {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1] == "socket" else { return pages.notFound(request) }
        // Browsers send cookies along whatever page opens a socket, so the page has to be ours.
        guard request.method == .get, entry.isOurOrigin(request) else {
            return HTTPResponse(status: 403, text: "not from here\n")
        }
        guard let name = TerminalName(String(parts[0])) else { return pages.notFound(request) }
        guard let terminal = terminals.terminal(name, for: visitor, owner: grants[visitor.id]?.owner) else {
            return HTTPResponse(status: 101, body: .webSocket(RefusedViewer(code: RefusedViewer.tooMany)))
        }
        activity.heard(isVisible: true)
        let isOwner = isOwner(visitor)
        let viewer = TerminalViewer(
            terminal: terminal, resume: SessionAgent.resume(request.queryParameters["from"]),
            size: SessionAgent.size(request.queryParameters), activity: activity
        ) { [events] happened in
            if isOwner { events.terminal(happened, name.text) }
        }
        return HTTPResponse(status: 101, body: .webSocket(viewer))
    }

    private static func resume(_ text: String?) -> (stream: UInt64, position: UInt64)? {
        guard let parts = text?.split(separator: ":"), parts.count == 2, let stream = UInt64(parts[0], radix: 16),
            let position = UInt64(parts[1])
        else { return nil }
        return (stream, position)
    }

    private static func size(_ query: QueryParameters) -> TerminalSize? {
        guard let columns = query["columns"].flatMap({ UInt16($0) }),
            let rows = query["rows"].flatMap({ UInt16($0) })
        else { return nil }
        return TerminalSize(columns: columns, rows: rows)
    }

    /// The token proves that our page made the request; `Origin`, where the browser sends one, must agree.
    private func isOurForm(_ request: HTTPRequest, _ visitor: Visitor) -> Bool {
        if let origin = request.headers["Origin"], origin != manifest.sessionURL { return false }
        let token =
            request.headers["Lectern-Form-Token"]
            ?? request.formParameters["csrf"]
        return token.map { cookies.accepts(formToken: $0, from: visitor.id) } ?? false
    }

    private var activityReport: HTTPResponse {
        let idle = activity.idle
        func rounded(_ seconds: Double) -> String { String(Double(Int(seconds * 1000)) / 1000) }
        return HTTPResponse(
            headers: ["Cache-Control": "no-store"],
            text: "{\"idle-time\":\(rounded(idle.time)),\"last-view\":\(rounded(idle.view))}", type: "application/json")
    }

    private static func embeddedAssets() -> StaticFiles {
        StaticFiles(
            prefix: "/static/",
            (0..<lectern_asset_count).compactMap { index in
                guard let asset = lectern_asset_at(index)?.pointee, let name = asset.name, let bytes = asset.bytes
                else {
                    return nil
                }
                return StaticFile(
                    name: String(cString: name), permanent: UnsafePermanentBytes(start: bytes, count: asset.size))
            })
    }
}
