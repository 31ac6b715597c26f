/// An IP address as its bytes, and whether it may be reached on behalf of somebody who is not trusted.
public struct NetworkAddress: Sendable, Hashable {
    /// 4 bytes for IPv4, 16 for IPv6, in network order.
    public let bytes: [UInt8]

    /// Takes the bytes of an address. `nil` unless there are 4 or 16.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Reads `192.0.2.1`, or `2001:db8::1` with or without brackets (RFC 4291, section 2.2, without the form that embeds
    /// dotted digits). `nil` for a name.
    public init?(_ text: some StringProtocol) {
        if let bytes = NetworkAddress.fourBytes(of: text) ?? NetworkAddress.sixteenBytes(of: text) {
            self.bytes = bytes
        } else {
            return nil
        }
    }

    /// Whether the address belongs to the public internet: none of this machine's, of a private or local network, of a
    /// link (cloud metadata services live there), of a group of receivers, or reserved (the registries of RFC 6890).
    /// An IPv6 address that stands for an IPv4 one is judged by that.
    public var isPublic: Bool {
        bytes.count == 4 ? NetworkAddress.isPublicIPv4(bytes[...]) : isPublicIPv6
    }

    /// First address, length of the prefix in bits.
    private static let closedIPv4: [(UInt32, Int)] = [
        (0x0000_0000, 8),  // this network; 0.0.0.0 reaches the machine itself
        (0x0A00_0000, 8),  // private (RFC 1918)
        (0x6440_0000, 10),  // shared by carriers (RFC 6598); also some clouds' metadata
        (0x7F00_0000, 8),  // loopback
        (0xA9FE_0000, 16),  // link-local: cloud metadata
        (0xAC10_0000, 12),  // private
        (0xC000_0000, 24),  // protocol assignments; Oracle's metadata is in its 192.0.0.0/24
        (0xC000_0200, 24),  // documentation
        (0xC058_6300, 24),  // 6to4 relays
        (0xC0A8_0000, 16),  // private
        (0xC612_0000, 15),  // benchmarks
        (0xC633_6400, 24),  // documentation
        (0xCB00_7100, 24),  // documentation
        (0xE000_0000, 4),  // multicast
        (0xF000_0000, 4),  // reserved, broadcast
    ]

    private static func isPublicIPv4(_ bytes: ArraySlice<UInt8>) -> Bool {
        let address = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        // Alibaba's metadata service has an address of the public internet's.
        if address == 0x6464_64C8 { return false }
        return !closedIPv4.contains { address >> UInt32(32 - $0.1) == $0.0 >> UInt32(32 - $0.1) }
    }

    private var isPublicIPv6: Bool {
        func begins(_ prefix: UInt8...) -> Bool { bytes.starts(with: prefix) }
        // IPv4-mapped, and translated by NAT64 (RFC 6052).
        if bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
            return NetworkAddress.isPublicIPv4(bytes[12...])
        }
        if begins(0, 0x64, 0xFF, 0x9B), bytes[4..<12].allSatisfy({ $0 == 0 }) {
            return NetworkAddress.isPublicIPv4(bytes[12...])
        }
        // Only global unicast is left, without what is given to protocols (Teredo among them), documentation and 6to4.
        guard bytes[0] & 0xE0 == 0x20 else { return false }
        if begins(0x20, 0x01), bytes[2] < 0x02 { return false }
        if begins(0x20, 0x01, 0x0D, 0xB8) || begins(0x20, 0x02) { return false }
        return !(begins(0x3F, 0xFF) && bytes[2] < 0x10)
    }

    private static func fourBytes(of text: some StringProtocol) -> [UInt8]? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        let bytes = parts.compactMap { part -> UInt8? in
            guard (1...3).contains(part.count), part.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return nil }
            return UInt8(String(decoding: part, as: UTF8.self))
        }
        return bytes.count == 4 ? bytes : nil
    }

    private static func sixteenBytes(of text: some StringProtocol) -> [UInt8]? {
        var body = Array(text.utf8)
        if body.first == UInt8(ascii: "["), body.last == UInt8(ascii: "]") { body = Array(body.dropFirst().dropLast()) }
        let groups = String(decoding: body, as: UTF8.self).split(separator: ":", omittingEmptySubsequences: false)
        guard groups.count >= 3, groups.count <= 9 else { return nil }
        // An empty group stands for as many zeros as are missing; at an end it comes with a second empty one.
        var front: [UInt16] = []
        var back: [UInt16]?
        for (place, group) in groups.enumerated() {
            if group.isEmpty {
                let isEdge = place == 0 || place == groups.count - 1
                if isEdge { continue }
                guard back == nil else { return nil }
                back = []
                continue
            }
            guard group.utf8.count <= 4, group.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
                let value = UInt16(group, radix: 16)
            else { return nil }
            if back == nil { front.append(value) } else { back?.append(value) }
        }
        if groups.first?.isEmpty == true, groups[1].isEmpty == false { return nil }
        if groups.last?.isEmpty == true, groups[groups.count - 2].isEmpty == false { return nil }
        let missing = 8 - front.count - (back?.count ?? 0)
        guard back == nil ? missing == 0 : missing >= 1 else { return nil }
        let all = front + [UInt16](repeating: 0, count: missing) + (back ?? [])
        return all.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
    }
}
