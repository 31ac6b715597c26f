internal import Glibc

/// Looks for short texts in long ones byte by byte, which for UTF-8 finds the same places as a search by characters
/// does, many times faster.
public enum ByteSearch {
    /// The first place of a text in a part of some bytes; `nil` when it does not occur, or is empty.
    public static func first(_ needle: StaticString, in bytes: [UInt8], from start: Int, to end: Int? = nil) -> Int? {
        bytes.withUnsafeBufferPointer { buffer in
            first(
                UnsafeBufferPointer(start: needle.utf8Start, count: needle.utf8CodeUnitCount),
                in: UnsafeBufferPointer(rebasing: buffer[..<(end ?? buffer.count)]), from: start)
        }
    }

    public static func first(_ needle: [UInt8], in bytes: [UInt8], from start: Int = 0) -> Int? {
        bytes.withUnsafeBufferPointer { buffer in
            needle.withUnsafeBufferPointer { first($0, in: buffer, from: start) }
        }
    }

    /// Whether a text holds another.
    public static func contains(_ needle: [UInt8], in text: String) -> Bool {
        var text = text
        return text.withUTF8 { buffer in
            needle.withUnsafeBufferPointer { first($0, in: buffer, from: 0) != nil }
        }
    }

    /// A text with every occurrence of one replaced by another.
    public static func replacing(_ needle: StaticString, with text: String, in bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var index = 0
        while let place = first(needle, in: bytes, from: index) {
            result.append(contentsOf: bytes[index..<place])
            result.append(contentsOf: text.utf8)
            index = place + needle.utf8CodeUnitCount
        }
        if index == 0 { return bytes }
        result.append(contentsOf: bytes[index...])
        return result
    }

    private static func first(
        _ needle: UnsafeBufferPointer<UInt8>, in bytes: UnsafeBufferPointer<UInt8>, from start: Int
    ) -> Int? {
        guard let base = bytes.baseAddress, let wanted = needle.baseAddress, needle.count > 0, start >= 0 else {
            return nil
        }
        var index = start
        while index + needle.count <= bytes.count {
            guard let found = memchr(base + index, Int32(wanted[0]), bytes.count - needle.count + 1 - index) else {
                return nil
            }
            let place = UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
            if memcmp(base + place, wanted, needle.count) == 0 { return place }
            index = place + 1
        }
        return nil
    }
}
