/// A file that never changes while the program runs: compiled in, or read once at start.
public struct StaticFile: Sendable {
    /// Path below the place where the files are served, for example `lectern.css`.
    public let name: String
    public let contentType: String
    public let body: HTTPResponse.Body
    /// 16 hexadecimal digits that change with the content.
    public let version: String

    /// - Parameter bytes: memory that lives as long as the program.
    public init(name: String, permanent bytes: UnsafePermanentBytes) {
        self.name = name
        contentType = StaticFile.contentType(of: name)
        body = .permanent(bytes)
        version = StaticFile.version(of: UnsafeRawBufferPointer(start: bytes.start, count: bytes.count))
    }

    public init(name: String, bytes: [UInt8]) {
        self.name = name
        contentType = StaticFile.contentType(of: name)
        body = .bytes(bytes)
        version = bytes.withUnsafeBytes { StaticFile.version(of: $0) }
    }

    /// FNV-1a, 64 bits: tells versions of our own files apart, protects nothing.
    private static func version(of bytes: UnsafeRawBufferPointer) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The media type by the name's ending; `application/octet-stream` for one not known here.
    public static func contentType(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "css": "text/css; charset=utf-8"
        case "js", "mjs": "text/javascript; charset=utf-8"
        case "html": "text/html; charset=utf-8"
        case "json", "map": "application/json"
        case "txt": "text/plain; charset=utf-8"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        case "gif": "image/gif"
        case "webp": "image/webp"
        case "ico": "image/x-icon"
        case "woff2": "font/woff2"
        default: "application/octet-stream"
        }
    }
}

/// Files by name, with the caching that lets a browser ask for each version once.
public struct StaticFiles: Sendable {
    private let files: [String: StaticFile]
    private let prefix: String

    /// - Parameter prefix: path under which the files are served, for example `/static/`.
    public init(prefix: String, _ files: [StaticFile]) {
        self.prefix = prefix
        self.files = Dictionary(files.map { ($0.name, $0) }, uniquingKeysWith: { _, last in last })
    }

    public subscript(name: String) -> StaticFile? { files[name] }
    /// In no order.
    public var all: [StaticFile] { Array(files.values) }

    /// The link to a file, with its version, so that it may be kept for ever. A name not known here gets no version.
    public func url(of name: String) -> String {
        guard let file = files[name] else { return prefix + name }
        return "\(prefix)\(name)?v=\(file.version)"
    }

    /// Answers GET and HEAD (whose body the engine keeps back) for a name below the prefix; `nil` when there is no such file.
    ///
    /// A link with the right version is fresh for a year and immutable (RFC 8246); any other is checked each time by its
    /// entity tag (RFC 9110, section 13.1.2).
    public func response(name: String, to request: HTTPRequest) -> HTTPResponse? {
        guard let file = files[name] else { return nil }
        let tag = "\"\(file.version)\""
        var headers: HTTPHeaders = [
            "ETag": tag,
            "Cache-Control": request.query == "v=\(file.version)" ? "public, max-age=31536000, immutable" : "no-cache",
            "X-Content-Type-Options": "nosniff",
        ]
        if let known = request.headers["If-None-Match"], known.contains(tag) || known == "*" {
            return HTTPResponse(status: 304, headers: headers)
        }
        headers["Content-Type"] = file.contentType
        return HTTPResponse(headers: headers, body: file.body)
    }
}
