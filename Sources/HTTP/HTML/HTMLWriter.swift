/// Writes HTML into scratch memory that is known to be large enough: pages are built from hundreds of small pieces, and
/// checking an array for room and ownership at each would cost more than the writing.
struct HTMLWriter {
    private let buffer: UnsafeMutableBufferPointer<UInt8>
    private(set) var count = 0

    private init(_ buffer: UnsafeMutableBufferPointer<UInt8>) { self.buffer = buffer }

    /// - Parameter capacity: bytes that the body may write between two moves.
    static func withScratch<Result>(_ capacity: Int, _ body: (inout HTMLWriter) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: max(capacity, 32)) { buffer in
            var writer = HTMLWriter(buffer)
            return body(&writer)
        }
    }

    /// Appends what has been written and begins anew.
    mutating func move(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[..<count]))
        count = 0
    }

    /// Bytes that escaped text may need: the longest entity has six.
    static func maximumEscapedCount(_ text: String) -> Int { text.utf8.count * 6 }

    mutating func startTag(_ name: StaticString, _ attributes: [HTML.Attribute]) {
        write(UInt8(ascii: "<"))
        write(name)
        for attribute in attributes where attribute.isPresent {
            write(UInt8(ascii: " "))
            write(attribute.prefix)
            write(attribute.name)
            guard let value = attribute.value else { continue }
            write(UInt8(ascii: "="))
            write(UInt8(ascii: "\""))
            writeEscaped(value)
            write(UInt8(ascii: "\""))
        }
        write(UInt8(ascii: ">"))
    }

    mutating func endTag(_ name: StaticString) {
        write(UInt8(ascii: "<"))
        write(UInt8(ascii: "/"))
        write(name)
        write(UInt8(ascii: ">"))
    }

    mutating func write(_ byte: UInt8) {
        buffer[count] = byte
        count += 1
    }

    mutating func write(_ text: StaticString) {
        text.withUTF8Buffer { write(UnsafeRawBufferPointer($0)) }
    }

    /// With `&`, `<`, `>` and both quotes escaped: right in content and in a quoted attribute.
    mutating func writeEscaped(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            for byte in utf8 {
                switch byte {
                case UInt8(ascii: "&"): write("&amp;")
                case UInt8(ascii: "<"): write("&lt;")
                case UInt8(ascii: ">"): write("&gt;")
                case UInt8(ascii: "\""): write("&quot;")
                case UInt8(ascii: "'"): write("&#39;")
                default: write(byte)
                }
            }
        }
    }

    private mutating func write(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]).copyMemory(from: bytes)
        count += bytes.count
    }
}

extension HTML.Attribute {
    /// Bytes that this may need when written.
    var maximumCount: Int {
        prefix.utf8CodeUnitCount + name.utf8CodeUnitCount + 4 + (value.map(HTMLWriter.maximumEscapedCount) ?? 0)
    }
}
