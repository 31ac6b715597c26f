internal import HTTP

/// The header section of an answer (RFC 9112, sections 4 and 5).
enum ResponseHead {
    /// The status of `HTTP/1.1 200 OK`; `nil` when the line is none.
    static func status(of line: ArraySlice<UInt8>) -> Int? {
        guard line.count >= 12, line.starts(with: "HTTP/1.".utf8), line[line.startIndex + 8] == UInt8(ascii: " ") else {
            return nil
        }
        let digits = line[(line.startIndex + 9)..<(line.startIndex + 12)]
        guard digits.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1) - 48 }
    }

    /// The fields of the lines after the first; what is no field is skipped.
    static func fields(of head: [UInt8]) -> HTTPHeaders {
        var headers = HTTPHeaders()
        for line in head.split(separator: 10).dropFirst() {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            var value = line[(colon + 1)...]
            while let byte = value.first, byte == 32 || byte == 9 { value.removeFirst() }
            while let byte = value.last, byte == 32 || byte == 9 || byte == 13 { value.removeLast() }
            headers.add(String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
        }
        return headers
    }
}

extension HTTPClientRequest {
    /// At most a day.
    var timeoutInMilliseconds: Int { Int(max(1, min(timeout * 1000, 86_400_000))) }
}
