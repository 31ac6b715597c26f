import HTTP
import Testing

@Suite("JSON")
struct JSONTests {
    @Test("Objects keep the order of their members")
    func order() {
        let value: JSONValue = ["z": 1, "a": [true, .null, 1.5, "x\"\\\n\u{1}ü"], "m": [:]]
        #expect(value.text == #"{"z":1,"a":[true,null,1.5,"x\"\\\n\u0001ü"],"m":{}}"#)
        #expect(JSONValue(parsing: value.encoded) == value)
        #expect(value["a"]?.array?.count == 4)
        #expect(value["z"]?.int == 1)
    }

    @Test(
        "What is JSON is read",
        arguments: [
            ("0", .int(0)), (" -1 ", .int(-1)), ("1e2", .double(100)), ("1.25", .double(1.25)),
            ("9223372036854775807", .int(.max)), ("9223372036854775808", .double(9_223_372_036_854_775_808)),
            (#""\u00e9\/\ud83d\ude42""#, "é/🙂"), (#""\ud83d""#, "\u{fffd}"), (#""\ud83dx""#, "\u{fffd}x"),
            ("[ ]", []), ("{ }", [:]), (#"{"a":{"b":[1,2]}}"#, ["a": ["b": [1, 2]]]),
        ] as [(String, JSONValue)])
    func reading(text: String, value: JSONValue) {
        #expect(JSONValue(parsing: text) == value)
    }

    @Test(
        "What is not JSON is refused",
        arguments: [
            "", " ", "01", "1.", ".5", "+1", "1e", "-", "tru", "nul", "[1,]", "[1", "{", "{\"a\"}", "{\"a\":1,}",
            "{a:1}",
            "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\n\"", "1 2", "[1] x", "1e999", "'a'", "\u{feff}1",
        ])
    func refusing(text: String) {
        #expect(JSONValue(parsing: text) == nil)
    }

    @Test("Nesting deeper than 64 levels is refused and does not exhaust the stack")
    func depth() {
        #expect(JSONValue(parsing: String(repeating: "[", count: 64) + String(repeating: "]", count: 64)) != nil)
        #expect(JSONValue(parsing: String(repeating: "[", count: 1_000_000)) == nil)
    }
}
