/// Base32 in lower case without padding (RFC 4648, section 6): texts that survive being read aloud.
enum Base32 {
    static func text(of bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 8 + 4) / 5)
        var buffer: UInt32 = 0
        var bits = 0
        func letter(_ value: UInt32) -> UInt8 {
            let value = UInt8(truncatingIfNeeded: value & 31)
            return value < 26 ? UInt8(ascii: "a") + value : UInt8(ascii: "2") + value - 26
        }
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(letter(buffer >> UInt32(bits)))
            }
        }
        if bits > 0 { text.append(letter(buffer << UInt32(5 - bits))) }
        return String(decoding: text, as: UTF8.self)
    }

    /// The first `count` bytes that the letters stand for; `nil` when there are fewer, or one of them is no such letter.
    static func bytes(of letters: some Sequence<UInt8>, count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        var buffer: UInt32 = 0
        var bits = 0
        for letter in letters where bytes.count < count {
            let value: UInt8
            switch letter {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = letter - UInt8(ascii: "a")
            case UInt8(ascii: "2")...UInt8(ascii: "7"): value = letter - UInt8(ascii: "2") + 26
            default: return nil
            }
            buffer = buffer << 5 | UInt32(value)
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            }
        }
        return bytes.count == count ? bytes : nil
    }
}
