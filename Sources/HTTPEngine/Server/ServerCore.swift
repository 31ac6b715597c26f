internal import CMicroHTTPD
internal import Glibc
internal import HTTP
internal import Synchronization

/// What the library's callbacks work on: turns its calls into requests, and responses into its calls.
final class ServerCore: Sendable {
    let configuration: HTTPServerConfiguration
    private let handler: any HTTPHandler
    private let active = Atomic<Int>(0)
    private let isStopping = Atomic<Bool>(false)

    private struct Pending {
        var isClosed = false
        var replies: [ObjectIdentifier: PendingReply] = [:]
    }
    private let pending = Mutex(Pending())

    private struct WebSockets {
        var isClosed = false
        var loop: WebSocketLoop?
    }
    private let webSockets = Mutex(WebSockets())
    private let streams: OpenStreams
    /// `nil` when the system has no descriptor left.
    let connections = OpenConnections()

    init(configuration: HTTPServerConfiguration, handler: any HTTPHandler) {
        self.configuration = configuration
        self.handler = handler
        streams = OpenStreams(limit: configuration.maximumStreams, bytes: configuration.maximumStreamBytes)
    }

    // MARK: A request

    /// Requests begun and not yet answered in full; WebSockets and streams do not count.
    var underWay: Int { active.load(ordering: .relaxed) }

    func began() { active.add(1, ordering: .relaxed) }
    func completed(_ exchange: Exchange) {
        if exchange.peer == nil && exchange.stream == nil { active.subtract(1, ordering: .relaxed) }
    }

    /// - Returns: false to drop the connection.
    func access(
        _ exchange: Exchange, _ connection: OpaquePointer, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>,
        upload: UnsafePointer<CChar>?, size: UnsafeMutablePointer<Int>
    ) -> Bool {
        if !exchange.hasHeaders {
            exchange.hasHeaders = true
            exchange.isGet = strcmp(method, "GET") == 0
            collectHeaders(of: connection, into: &exchange.headers)
            let mayHaveBody =
                exchange.headers.contains("Content-Length") || exchange.headers.contains("Transfer-Encoding")
            if mayHaveBody && !exchange.path.isEmpty {
                exchange.receiver = handler.receiver(for: makeRequest(exchange, connection, method: method))
            }
            guard let refusal = refusalBeforeBody(exchange) else { return true }
            exchange.receiver = nil
            return queue(refusal, exchange, connection, closes: true)
        }
        if size.pointee > 0 {
            defer { size.pointee = 0 }
            return receive(UnsafeRawBufferPointer(start: upload, count: size.pointee), exchange)
        }
        if let pending = exchange.pending {
            guard let response = pending.takeOrSuspend(connection) else { return true }
            return finish(pending, response, exchange, connection)
        }
        if exchange.isTooLarge {
            return queue(ServerCore.tooLarge, exchange, connection, closes: true)
        }
        let reply: HTTPReply
        if let receiver = exchange.receiver {
            exchange.receiver = nil
            reply = receiver.finish()
        } else {
            reply = handler.reply(to: makeRequest(exchange, connection, method: method))
        }
        switch reply {
        case .now(let response): return queue(response, exchange, connection)
        case .later(let start):
            let reply = PendingReply()
            let isOpen = pending.withLock { pending in
                if !pending.isClosed { pending.replies[ObjectIdentifier(reply)] = reply }
                return !pending.isClosed
            }
            guard isOpen else { return queue(ServerCore.stopping, exchange, connection) }
            exchange.pending = reply
            let promise = ReplyPromise(reply)
            start { promise.complete($0) }
            guard let response = reply.takeOrSuspend(connection) else { return true }
            return finish(reply, response, exchange, connection)
        }
    }

    private func finish(
        _ reply: PendingReply, _ response: HTTPResponse, _ exchange: Exchange, _ connection: OpaquePointer
    ) -> Bool {
        pending.withLock { _ = $0.replies.removeValue(forKey: ObjectIdentifier(reply)) }
        return queue(response, exchange, connection)
    }

    private func refusalBeforeBody(_ exchange: Exchange) -> HTTPResponse? {
        if exchange.path.isEmpty {
            return HTTPResponse(status: 400, text: "The request target is not understood.\n")
        }
        let headers = exchange.headers
        if headers.contains("Content-Length") {
            // Two lengths are how requests are smuggled past a front door (RFC 9112, section 11.2).
            let lengths = headers.all("Content-Length")
            guard lengths.count == 1, !headers.contains("Transfer-Encoding") else {
                return HTTPResponse(status: 400, text: "The length of the body is ambiguous.\n")
            }
            if let length = Int(lengths[0]), length > limit(of: exchange) { return ServerCore.tooLarge }
        }
        return nil
    }

    private func limit(of exchange: Exchange) -> Int {
        exchange.receiver?.maximumBytes ?? configuration.maximumBodyBytes
    }

    private func receive(_ bytes: UnsafeRawBufferPointer, _ exchange: Exchange) -> Bool {
        if !exchange.isTooLarge && exchange.received + bytes.count <= limit(of: exchange) {
            exchange.received += bytes.count
            if let receiver = exchange.receiver {
                receiver.receive(bytes)
            } else {
                exchange.body.append(contentsOf: bytes)
            }
            return true
        }
        // The library answers only before a body or after it: a little more is read and thrown away, so that the client
        // gets to read its 413; a client that goes on and on is cut off.
        exchange.isTooLarge = true
        exchange.body = []
        exchange.receiver = nil
        exchange.discarded += bytes.count
        return exchange.discarded <= configuration.maximumBodyBytes + 64 * 1024
    }

    private func makeRequest(
        _ exchange: Exchange, _ connection: OpaquePointer, method: UnsafePointer<CChar>
    ) -> HTTPRequest {
        let headers = exchange.headers
        var id: String?
        var address: String?
        if configuration.trustsForwardedHeaders {
            id = headers["X-Request-ID"].flatMap { RequestID.isAcceptable($0) ? $0 : nil }
            address = headers["X-Forwarded-For"].flatMap(ClientAddress.forwarded)
        }
        return HTTPRequest(
            method: HTTPMethod(String(cString: method)), path: exchange.path, query: exchange.query, headers: headers,
            body: exchange.body, clientAddress: address ?? ClientAddress.ofPeer(connection), id: id ?? RequestID.next())
    }

    // MARK: An answer

    private static let tooLarge = HTTPResponse(status: 413, text: "The request is too large.\n")
    private static let tooManyStreams = HTTPResponse(
        status: 503, headers: ["Retry-After": "15"], text: "Too many live views are open.\n")
    private static let stopping = HTTPResponse(
        status: 503, headers: ["Retry-After": "1"], text: "The server is stopping.\n")

    private func queue(
        _ response: HTTPResponse, _ exchange: Exchange, _ connection: OpaquePointer, closes: Bool = false
    ) -> Bool {
        var status = UInt32(response.status >= 200 && response.status <= 999 ? response.status : 500)
        let answer: OpaquePointer?
        switch response.body {
        case .bytes(let bytes):
            answer = bytes.withUnsafeBytes { bytes in
                // RFC 9110, section 6.4.1: these have no content.
                let count = status == 204 || status == 304 ? 0 : bytes.count
                return lectern_mhd_response(bytes.baseAddress, count, 0)
            }
        case .permanent(let bytes):
            answer = lectern_mhd_response(bytes.start, status == 204 || status == 304 ? 0 : bytes.count, 1)
        case .file(let file):
            let descriptor = file.take()
            guard descriptor >= 0, status != 204, status != 304 else {
                if descriptor >= 0 { close(descriptor) }
                answer = lectern_mhd_response(nil, 0, 0)
                break
            }
            answer = lectern_mhd_file(descriptor, UInt64(file.size))
            if answer == nil { close(descriptor) }
        case .stream(let source):
            guard status != 204 && status != 304, let stream = streams.open(source, connection) else {
                return queue(ServerCore.tooManyStreams, exchange, connection)
            }
            let context = Unmanaged.passRetained(stream)
            answer = lectern_mhd_stream(readStream, freeStream, context.toOpaque())
            if answer == nil {
                context.takeRetainedValue().over()
            } else {
                exchange.stream = stream
                active.subtract(1, ordering: .relaxed)
            }
        case .webSocket(let peer):
            switch WebSocketHandshake.check(exchange.headers, isGet: exchange.isGet) {
            case .refused(let refusal): return queue(refusal, exchange, connection)
            case .accepted(let key):
                exchange.peer = peer
                status = 101
                answer = MHD_create_response_for_upgrade(upgradeConnection, Unmanaged.passUnretained(self).toOpaque())
                if let answer {
                    MHD_add_response_header(answer, "Upgrade", "websocket")
                    MHD_add_response_header(answer, "Sec-WebSocket-Accept", key)
                }
            }
        }
        guard let answer else { return false }
        response.headers.forEachCString { name, value in
            // The library frames the message itself.
            if strcasecmp(name, "Transfer-Encoding") == 0 || strcasecmp(name, "Content-Length") == 0 { return }
            MHD_add_response_header(answer, name, value)
        }
        if status != 101 && (closes || isStopping.load(ordering: .relaxed)) {
            MHD_add_response_header(answer, "Connection", "close")
        }
        let isQueued = lectern_mhd_queue(connection, status, answer) != 0
        MHD_destroy_response(answer)
        if isQueued && status == 101 { active.subtract(1, ordering: .relaxed) }
        if !isQueued { exchange.peer = nil }
        return isQueued
    }

    // MARK: WebSockets

    /// Takes over an upgraded connection. On one of the library's threads.
    func upgraded(_ exchange: Exchange, descriptor: Int32, handle: OpaquePointer, received: [UInt8]) {
        guard let peer = exchange.peer else { return lectern_mhd_close_upgraded(handle) }
        let limits = configuration.webSocket
        let loop = webSockets.withLock { sockets -> WebSocketLoop? in
            if sockets.isClosed { return nil }
            if sockets.loop == nil { sockets.loop = WebSocketLoop(limits: limits) }
            return sockets.loop
        }
        let isTaken = loop?.add(descriptor: descriptor, handle: UpgradeHandle(handle), peer: peer, received: received)
        if isTaken != true { lectern_mhd_close_upgraded(handle) }
    }

    // MARK: The end

    func beginStopping() { isStopping.store(true, ordering: .relaxed) }

    func abandonPending() {
        let replies = pending.withLock { pending in
            pending.isClosed = true
            defer { pending.replies = [:] }
            return Array(pending.replies.values)
        }
        for reply in replies { reply.complete(ServerCore.stopping) }
    }

    /// Ends every stream and lets none begin any more.
    func endStreams() { streams.close() }
    var openStreams: Int { streams.count }

    func stopWebSockets() {
        let loop = webSockets.withLock { sockets in
            sockets.isClosed = true
            defer { sockets.loop = nil }
            return sockets.loop
        }
        loop?.stop()
    }
}
