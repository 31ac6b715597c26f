public import Platform

/// Dates as HTTP writes them (RFC 9110, section 5.6.7): `Tue, 24 Nov 2026 21:37:49 GMT`.
public enum HTTPDate {
    public static func text(_ moment: Timestamp) -> String {
        // The ISO form carries the calendar fields at fixed places: 2026-11-24T21:37:49.120Z.
        let iso = Array(moment.iso8601.utf8)
        func part(_ range: Range<Int>) -> String { String(decoding: iso[range], as: UTF8.self) }
        let month = Int(part(5..<7)) ?? 1
        let days = moment.seconds(since: Timestamp(milliseconds: 0)).quotientRoundedDown(by: 86_400)
        // 1970-01-01 was a Thursday.
        let weekday = ((days + 4) % 7 + 7) % 7
        return "\(weekdays[weekday]), \(part(8..<10)) \(months[month - 1]) \(part(0..<4)) \(part(11..<19)) GMT"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}

extension Int {
    fileprivate func quotientRoundedDown(by divisor: Int) -> Int {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
