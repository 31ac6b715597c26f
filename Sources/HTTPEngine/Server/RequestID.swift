internal import Synchronization

/// Ids that tie log lines and error pages to requests. They need to be distinct, not secret, so they cost no system call:
/// a counter that starts at random, mixed (SplitMix64).
enum RequestID {
    private static let counter = Atomic<UInt64>(UInt64.random(in: .min ... .max))

    /// 13 characters of `0-9a-v`: short enough to be kept without an allocation.
    static func next() -> String {
        var bits = counter.wrappingAdd(0x9e37_79b9_7f4a_7c15, ordering: .relaxed).newValue
        bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
        bits ^= bits >> 31
        return String(unsafeUninitializedCapacity: 13) { bytes in
            for index in 0..<13 {
                let digit = UInt8(truncatingIfNeeded: bits & 31)
                bytes[index] = digit < 10 ? digit + 48 : digit + 87
                bits >>= 5
            }
            return 13
        }
    }

    /// Whether an id from outside may stand in logs and pages: 1 to 64 of letters, digits, `-`, `_`, `.`.
    static func isAcceptable(_ id: String) -> Bool {
        !id.isEmpty && id.utf8.count <= 64
            && id.utf8.allSatisfy { byte in
                switch byte {
                case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
                default: false
                }
            }
    }
}
