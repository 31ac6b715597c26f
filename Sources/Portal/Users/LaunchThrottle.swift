public import Platform

/// Counts launches by address and by visitor over the last minute, in bounded memory. Time is passed in.
///
/// The window slides: a minute is counted as the part of the current one that has passed plus the share of the previous
/// one that is still within sixty seconds. Counting is exact at a steady rate and never lets through more than twice the
/// limit in any sixty seconds.
public struct LaunchThrottle: Sendable {
    /// Addresses and visitors remembered at most. Beyond it the oldest minute is forgotten: rather a launch too many than
    /// memory that visitors can fill.
    public static let capacity = 50_000

    private struct Windows: Sendable {
        var minute: Int64 = 0
        var current: [String: Int] = [:]
        var previous: [String: Int] = [:]

        mutating func move(to minute: Int64) {
            guard minute != self.minute else { return }
            previous = minute == self.minute + 1 ? current : [:]
            current = [:]
            self.minute = minute
        }

        func weight(of key: String, at fraction: Double) -> Double {
            Double(current[key] ?? 0) + Double(previous[key] ?? 0) * (1 - fraction)
        }
    }
    private var windows = Windows()

    public init() {}

    /// Addresses and visitors counted in the current minute.
    var size: Int { windows.current.count }

    /// Asks for one launch and counts it if it is let through.
    /// - Parameters:
    ///   - address: the client's address as text.
    ///   - visitor: what tells this visitor from others, `nil` for one who shows no cookie.
    /// - Returns: `nil` when it may go on, else seconds after which another try may succeed.
    public mutating func admit(address: String, visitor: String?, limits: LaunchLimits, now: Timestamp) -> Int? {
        let second = Double(now.milliseconds) / 1000
        let minute = Int64((second / 60).rounded(.down))
        let fraction = second / 60 - Double(minute)
        windows.move(to: minute)
        if windows.current.count >= LaunchThrottle.capacity { windows.current = [:] }
        var keys: [(key: String, limit: Int)] = []
        if limits.perAddressPerMinute > 0 {
            keys.append(("a" + LaunchThrottle.network(of: address), limits.perAddressPerMinute))
        }
        if let visitor, limits.perVisitorPerMinute > 0 { keys.append(("v" + visitor, limits.perVisitorPerMinute)) }
        for (key, limit) in keys where windows.weight(of: key, at: fraction) + 1 > Double(limit) {
            return wait(for: key, limit: limit, fraction: fraction)
        }
        for (key, _) in keys { windows.current[key, default: 0] += 1 }
        return nil
    }

    /// Seconds until the weight has fallen below the limit, from 1 to 60.
    private func wait(for key: String, limit: Int, fraction: Double) -> Int {
        let current = Double(windows.current[key] ?? 0)
        let previous = Double(windows.previous[key] ?? 0)
        let allowed = Double(limit) - 1
        if current <= allowed && previous > 0 {
            let needed = 1 - (allowed - current) / previous
            return max(1, min(60, Int(((needed - fraction) * 60).rounded(.up))))
        }
        return max(1, min(60, Int(((1 - fraction) * 60).rounded(.up))))
    }

    /// What counts as one address: an IPv4 address, or the first 64 bits of an IPv6 one, which a single subscriber holds
    /// as a whole. Text that is neither stands for itself, cut to 64 characters.
    public static func network(of address: String) -> String {
        let text = address.prefix { $0 != "%" }
        guard text.contains(":") else { return String(text.prefix(64)) }
        // An IPv4 address written as IPv6 (RFC 4291, section 2.5.5.2) counts as the IPv4 address.
        if let last = text.split(separator: ":").last, last.contains(".") { return String(last.prefix(64)) }
        guard text.utf8.count <= 45 else { return String(text.prefix(64)) }
        var groups: [Int]
        if let gap = text.firstRange(of: "::") {
            let head = hexGroups(text[..<gap.lowerBound])
            let tail = hexGroups(text[gap.upperBound...])
            groups = head + Array(repeating: 0, count: max(0, 8 - head.count - tail.count)) + tail
        } else {
            groups = hexGroups(text)
        }
        groups = Array(groups.prefix(4))
        return groups.map { String($0, radix: 16) }.joined(separator: ":") + "::/64"
    }

    private static func hexGroups(_ text: Substring) -> [Int] {
        text.split(separator: ":").map { Int($0.prefix(4), radix: 16) ?? 0 }
    }
}
