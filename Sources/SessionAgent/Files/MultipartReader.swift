/// Reads a body of `multipart/form-data` (RFC 7578) while it arrives, in memory that does not grow with it.
struct MultipartReader {
    enum Event {
        /// The next field begins.
        case field(name: String, fileName: String?)
        /// More of its value.
        case value(ArraySlice<UInt8>)
        case fieldEnd
    }
    /// The body is not what its type says.
    struct Malformed: Error {}

    /// Bytes of one field's header.
    private static let headerLimit = 8192

    private enum State {
        case preamble, afterDelimiter, header, value, end
    }
    private var state = State.preamble
    /// What a field's value ends with.
    private let delimiter: [UInt8]
    private var waiting: [UInt8]

    /// Whether the last delimiter was seen.
    var isComplete: Bool { state == .end }

    /// `nil` when the type is another one or names no boundary (RFC 2046, section 5.1.1).
    init?(contentType: String) {
        guard contentType.lowercased().hasPrefix("multipart/form-data"),
            let boundary = MultipartReader.parameter("boundary", of: contentType), !boundary.isEmpty,
            boundary.utf8.count <= 70
        else { return nil }
        delimiter = Array("\r\n--\(boundary)".utf8)
        // As if a line had ended before the first one.
        waiting = [13, 10]
    }

    mutating func read(_ bytes: UnsafeRawBufferPointer, _ take: (Event) -> Void) throws(Malformed) {
        waiting.append(contentsOf: bytes)
        var at = 0
        while try step(&at, take) {}
        waiting.removeFirst(at)
    }

    /// - Returns: whether there may be more to do with what has arrived.
    private mutating func step(_ at: inout Int, _ take: (Event) -> Void) throws(Malformed) -> Bool {
        switch state {
        case .preamble, .value:
            let isValue = state == .value
            if let place = place(of: delimiter, from: at) {
                if isValue {
                    if place > at { take(.value(waiting[at..<place])) }
                    take(.fieldEnd)
                }
                at = place + delimiter.count
                state = .afterDelimiter
                return true
            }
            // The beginning of a delimiter may be all that has arrived of it.
            let safe = max(at, waiting.count - delimiter.count + 1)
            if isValue && safe > at { take(.value(waiting[at..<safe])) }
            at = safe
            return false
        case .afterDelimiter:
            while at < waiting.count, waiting[at] == 32 || waiting[at] == 9 { at += 1 }
            guard waiting.count - at >= 2 else { return false }
            if waiting[at] == UInt8(ascii: "-"), waiting[at + 1] == UInt8(ascii: "-") {
                state = .end
            } else {
                guard waiting[at] == 13, waiting[at + 1] == 10 else { throw Malformed() }
                state = .header
            }
            at += 2
            return true
        case .header:
            // Two line breaks in a row end it.
            guard let end = place(of: [13, 10, 13, 10], from: at) else {
                guard waiting.count - at <= MultipartReader.headerLimit else { throw Malformed() }
                return false
            }
            guard end - at <= MultipartReader.headerLimit else { throw Malformed() }
            let lines = String(decoding: waiting[at..<end], as: UTF8.self).split(separator: "\r\n")
            let disposition = lines.first { $0.lowercased().hasPrefix("content-disposition:") }
            guard let disposition, let name = MultipartReader.parameter("name", of: disposition) else {
                throw Malformed()
            }
            take(.field(name: name, fileName: MultipartReader.parameter("filename", of: disposition)))
            at = end + 4
            state = .value
            return true
        case .end:
            at = waiting.count
            return false
        }
    }

    private func place(of wanted: [UInt8], from start: Int) -> Int? {
        guard waiting.count - start >= wanted.count else { return nil }
        return waiting.withUnsafeBufferPointer { bytes -> Int? in
            var at = start
            while at <= bytes.count - wanted.count {
                if bytes[at] == wanted[0] {
                    var count = 1
                    while count < wanted.count, bytes[at + count] == wanted[count] { count += 1 }
                    if count == wanted.count { return at }
                }
                at += 1
            }
            return nil
        }
    }

    /// A parameter of a header field's value, with or without quotes; browsers write a quote in it as `%22`.
    static func parameter(_ name: String, of field: some StringProtocol) -> String? {
        let bytes = Array(field.utf8)
        var at = bytes.firstIndex(of: UInt8(ascii: ";")) ?? bytes.count
        while at < bytes.count {
            at += 1
            while at < bytes.count, bytes[at] == 32 || bytes[at] == 9 { at += 1 }
            let start = at
            while at < bytes.count, bytes[at] != UInt8(ascii: "="), bytes[at] != UInt8(ascii: ";") { at += 1 }
            let found = String(decoding: bytes[start..<at], as: UTF8.self).lowercased()
            guard at < bytes.count, bytes[at] == UInt8(ascii: "=") else { continue }
            at += 1
            var value: [UInt8] = []
            if at < bytes.count, bytes[at] == UInt8(ascii: "\"") {
                at += 1
                while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
                    if bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "\"") {
                        at += 1
                    }
                    value.append(bytes[at])
                    at += 1
                }
                at += 1
            }
            while at < bytes.count, bytes[at] != UInt8(ascii: ";") {
                value.append(bytes[at])
                at += 1
            }
            guard found == name else { continue }
            let text = String(decoding: value, as: UTF8.self)
            return text.replacing("%22", with: "\"").replacing("%0D", with: "\r").replacing("%0A", with: "\n")
        }
        return nil
    }
}
