import Platform
import Testing

@testable import Portal

@Suite("Limits of a workshop on offer")
struct WorkshopLimitsTests {
    private func limits(_ entry: String, _ portal: String = "") throws -> EnvironmentLimits {
        WorkshopLimits(FieldView(try YAMLNode.parse("{\(entry)}")), in: FieldView(try YAMLNode.parse("{\(portal)}")))
            .clamped
    }

    @Test(
        "Capacity, reserve and stock come from the entry, the defaults, deprecated fields and the maximum, in this order",
        arguments: [
            ("", "", 0, 0, 0),
            ("", "sessions: {maximum: 8}", 8, 1, 1),
            ("", "sessions: {maximum: 8}, capacity: 7", 7, 1, 1),
            ("", "sessions: {maximum: 8}, capacity: 7, workshop: {defaults: {capacity: 6}}", 6, 1, 1),
            ("capacity: 5", "sessions: {maximum: 8}, capacity: 7, workshop: {defaults: {capacity: 6}}", 5, 1, 1),
            ("capacity: 5", "reserved: 3", 5, 3, 3),
            ("capacity: 5", "reserved: 3, workshop: {defaults: {reserved: 2}}", 5, 2, 2),
            ("capacity: 5, reserved: 0", "reserved: 3, workshop: {defaults: {reserved: 2}}", 5, 0, 0),
            ("capacity: 5, reserved: 9", "", 5, 5, 5),
            ("capacity: 5, reserved: 2, initial: 0", "", 5, 2, 0),
            ("capacity: 5, reserved: 2, initial: 1", "", 5, 2, 2),
            ("capacity: 5, reserved: 2, initial: 4", "", 5, 2, 4),
            ("capacity: 5, reserved: 2, initial: 9", "", 5, 2, 5),
            ("capacity: 5, reserved: 9, initial: 1", "", 5, 5, 5),
            ("capacity: 5", "initial: 3", 5, 1, 3),
            ("capacity: 0, reserved: 2, initial: 2", "sessions: {maximum: 8}", 0, 0, 0),
            ("capacity: ~", "sessions: {maximum: 8}", 8, 1, 1),
        ])
    func counts(entry: String, portal: String, capacity: Int, reserved: Int, initial: Int) throws {
        let limits = try limits(entry, portal)
        #expect([limits.capacity, limits.reserved, limits.initial] == [capacity, reserved, initial])
    }

    @Test(
        "The deadline is never before the expiry",
        arguments: [
            ("", 0, 0), ("expires: 1h", 3600, 3600), ("expires: 1h, deadline: 2h", 3600, 7200),
            ("expires: 1h, deadline: 30m", 3600, 3600), ("expires: 1h, deadline: 0s", 3600, 3600),
            ("deadline: 30m", 0, 1800), ("expires: 0", 0, 0),
        ])
    func deadline(entry: String, expires: Int, deadline: Int) throws {
        let limits = try limits(entry)
        #expect([limits.expires, limits.deadline] == [expires, deadline])
    }

    @Test("Timers come from the entry, then the defaults; two of them also from deprecated fields")
    func timers() throws {
        let defaults = "overtime: 1m, overdue: 2m, refresh: 3m, orphaned: 4m, expires: 5m"
        let all = try limits("overdue: 9s", "workshop: {defaults: {\(defaults)}}, orphaned: 7m, expires: 8m")
        #expect([all.overtime, all.overdue, all.refresh, all.orphaned, all.expires] == [60, 9, 180, 240, 300])
        let deprecated = try limits("", "orphaned: 7m, expires: 8m, overdue: 9m")
        #expect([deprecated.orphaned, deprecated.expires, deprecated.overdue] == [420, 480, 0])
    }

    @Test(
        "Durations are digits with a unit, or seconds",
        arguments: [
            ("0", 0), ("90", 90), ("90s", 90), ("15m", 900), ("2h", 7200), ("087m", 5220), ("", nil), ("m", nil),
            ("1d", nil), ("1.5h", nil), ("-1s", nil), ("+1s", nil), ("1 h", nil), ("1hm", nil), ("1H", nil),
            ("١s", nil), ("87840h", 316_224_000), ("87841h", nil), ("99999999999999999999", nil),
        ] as [(String, Int?)])
    func durations(text: String, seconds: Int?) {
        #expect(DefinitionQuantities.seconds(text) == seconds)
    }

    @Test(
        "Amounts of bytes are Kubernetes quantities",
        arguments: [
            ("0", 0), ("1024", 1024), ("512Mi", 512 << 20), ("1Gi", 1 << 30), ("1G", 1_000_000_000), ("5k", 5000),
            ("2Ki", 2048), ("1.5Gi", 3 << 29), ("0.1k", 100), ("1Ti", 1 << 40), ("1024Ti", 1 << 50), ("1025Ti", nil),
            ("", nil), ("Mi", nil), ("1.Mi", nil), (".5Mi", nil), ("1MB", nil), ("-1", nil), ("1e3", nil), ("1m", nil),
            ("999999999999999999999999", nil), ("1.5.5Gi", nil),
        ] as [(String, Int?)])
    func amounts(text: String, bytes: Int?) {
        #expect(DefinitionQuantities.bytes(text) == bytes)
    }

    @Test(
        "What is listed as an origin can be matched",
        arguments: [
            ("https://www.example.com", true), ("http://localhost:8081", true), ("https://[2001:db8::1]", true),
            ("https://a.example:443", true), ("http://127.0.0.1", true), ("https://WWW.example.com", false),
            ("https://a.example/", false), ("https://a.example?x", false), ("a.example", false), ("//a.example", false),
            ("https://", false), ("https://a..example", false), ("https://a.example:0", false),
            ("https://a.example:99999", false), ("https://u@a.example", false), ("ftp://a.example", false),
            ("https://b\u{FC}cher.example", false), ("https://*.example.com", false), ("null", false),
        ])
    func origins(text: String, isAccepted: Bool) {
        #expect(TextRule.origin.accepts(text) == isAccepted)
    }
}
