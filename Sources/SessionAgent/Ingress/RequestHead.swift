internal import Platform

/// Sets fields in the head of a request as nginx writes it: lines that end with CR LF, names without blanks, no folding
/// (RFC 9112, section 2.1). Own code, since a library would parse and write anew what only has to be added to.
enum RequestHead {
    /// Bytes of a head. nginx takes 64 KiB from a visitor at most.
    static let longest = 96 * 1024

    enum Outcome: Equatable {
        case incomplete
        /// Longer than any that nginx sends.
        case refused
        /// The head with the fields set, and what came behind it.
        case complete([UInt8])
    }

    /// - Parameter fields: take the place of those of the same name.
    static func setting(_ fields: [SessionManifest.Variable], in bytes: [UInt8]) -> Outcome {
        guard let end = endOfHead(bytes) else { return bytes.count > longest ? .refused : .incomplete }
        guard end <= longest else { return .refused }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 256)
        var isRequestLine = true
        for line in bytes[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if isRequestLine {
                result += line + [10]
                for field in fields { result += Array("\(field.name): \(field.value)\r\n".utf8) }
                isRequestLine = false
                continue
            }
            // The empty line, and what follows the last line feed.
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
                if line.count == 1 { result += [13, 10] }
                continue
            }
            if fields.contains(where: { isSame(line[..<colon], $0.name) }) { continue }
            result += line + [10]
        }
        return .complete(result + bytes[end...])
    }

    /// Whether an author may set a field: not those that say where a message ends, or that belong to one connection
    /// (RFC 9110, section 7.6.1).
    static func maySet(_ name: String) -> Bool {
        let reserved = [
            "connection", "content-length", "expect", "keep-alive", "proxy-connection", "te", "trailer",
            "transfer-encoding", "upgrade",
        ]
        return !name.isEmpty && !reserved.contains(name.lowercased())
            && name.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
    }

    /// A value on one line.
    static func cleaned(_ value: String) -> String {
        String(decoding: value.utf8.map { ($0 < 32 && $0 != 9) || $0 == 127 ? 32 : $0 }, as: UTF8.self)
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in 3..<bytes.count
        where bytes[index] == 10 && bytes[index - 1] == 13 && bytes[index - 2] == 10 && bytes[index - 3] == 13 {
            return index + 1
        }
        return nil
    }

    private static func isSame(_ bytes: ArraySlice<UInt8>, _ name: String) -> Bool {
        let name = name.utf8
        guard bytes.count == name.count else { return false }
        return zip(bytes, name).allSatisfy { lowered($0) == lowered($1) }
    }

    private static func lowered(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte + 32 : byte }
}
