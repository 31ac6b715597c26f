internal import Glibc

/// HTML that is put into the rendered page in place of markers: private-use characters around a number. The renderer
/// takes such characters out of its input, so nobody else can write a marker.
final class HTMLInsertions {
    private static let open: Unicode.Scalar = "\u{10FFF0}"
    private static let close: Unicode.Scalar = "\u{10FFF1}"
    /// What both begin with in UTF-8; `B0` and `B1` follow.
    private static let stem: [UInt8] = [0xF4, 0x8F, 0xBF]
    private var html: [String] = []

    func marker(for html: String) -> String {
        self.html.append(html)
        return "\(HTMLInsertions.open)\(self.html.count - 1)\(HTMLInsertions.close)"
    }

    static func withoutMarkers(_ text: String) -> String {
        // The first byte begins no character of any language; most texts are done with this.
        guard text.utf8.contains(0xF4) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == open || $0 == close ? "\u{FFFD}" : $0 }))
    }

    func filled(_ text: UnsafePointer<CChar>) -> String {
        guard !html.isEmpty else { return String(cString: text) }
        let bytes = UnsafeRawBufferPointer(start: text, count: strlen(text))
        return replacingMarkers(in: bytes) { html.indices.contains($0) ? html[$0] : "" }
    }

    func removed(from text: String) -> String {
        guard !html.isEmpty, text.utf8.contains(0xF4) else { return text }
        var text = text
        return text.withUTF8 { replacingMarkers(in: UnsafeRawBufferPointer($0)) { _ in "" } }
    }

    private func replacingMarkers(in bytes: UnsafeRawBufferPointer, by replacement: (Int) -> String) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + bytes.count / 4)
        var index = 0
        while index < bytes.count {
            guard let start = nextMarker(in: bytes, from: index) else { break }
            result.append(contentsOf: bytes[index..<start])
            index = start + 4
            guard bytes[start + 3] == 0xB0 else { continue }
            var number = 0
            while index < bytes.count, bytes[index] >= 48, bytes[index] <= 57, number < 1 << 30 {
                number = number * 10 + Int(bytes[index] - 48)
                index += 1
            }
            result.append(contentsOf: replacement(number).utf8)
        }
        result.append(contentsOf: bytes[min(index, bytes.count)...])
        return String(decoding: result, as: UTF8.self)
    }

    private func nextMarker(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        while index < bytes.count, let base = bytes.baseAddress {
            guard let found = memchr(base + index, 0xF4, bytes.count - index) else { return nil }
            let at = base.distance(to: UnsafeRawPointer(found))
            if at + 4 <= bytes.count, bytes[at + 1] == HTMLInsertions.stem[1], bytes[at + 2] == HTMLInsertions.stem[2],
                bytes[at + 3] == 0xB0 || bytes[at + 3] == 0xB1
            {
                return at
            }
            index = at + 1
        }
        return nil
    }
}
