/// The cookies that a browser sent (RFC 6265, section 5.4), read leniently: what cannot be understood is skipped.
public struct RequestCookies: Sendable {
    private let headers: [String]

    public init(_ headers: HTTPHeaders) { self.headers = headers.all("Cookie") }

    /// The first cookie of that name: of several, browsers send the one with the longest path first.
    public subscript(name: String) -> String? {
        var found: String?
        forEach { candidate, value in
            if found == nil && candidate.elementsEqual(name.utf8) { found = String(value) }
        }
        return found
    }

    /// Every value of that name, in the order sent.
    public func all(_ name: String) -> [String] {
        var values: [String] = []
        forEach { candidate, value in
            if candidate.elementsEqual(name.utf8) { values.append(String(value)) }
        }
        return values
    }

    /// All names and values in the order sent.
    public var pairs: [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        forEach { name, value in pairs.append((String(Substring(name)), String(value))) }
        return pairs
    }

    private func forEach(_ body: (Substring.UTF8View, Substring) -> Void) {
        for header in headers {
            for pair in header.utf8.split(separator: UInt8(ascii: ";")) {
                guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { continue }
                let name = RequestCookies.trimmed(pair[..<equals])
                guard !name.isEmpty else { continue }
                var value = RequestCookies.trimmed(pair[pair.index(after: equals)...])
                if value.count >= 2, value.first == UInt8(ascii: "\""), value.last == UInt8(ascii: "\"") {
                    value = value.dropFirst().dropLast()
                }
                body(name, Substring(value))
            }
        }
    }

    private static func trimmed(_ bytes: Substring.UTF8View) -> Substring.UTF8View {
        var bytes = bytes
        while let first = bytes.first, first == 32 || first == 9 { bytes = bytes.dropFirst() }
        while let last = bytes.last, last == 32 || last == 9 { bytes = bytes.dropLast() }
        return bytes
    }
}

extension HTTPRequest {
    public var cookies: RequestCookies { RequestCookies(headers) }
}
