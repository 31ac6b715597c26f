import HTTP
import Testing

@Suite("Header fields")
struct HTTPHeadersTests {
    @Test("A field is found whatever the case of its name, and keeps its order among others of that name")
    func lookup() {
        var headers: HTTPHeaders = ["Accept": "text/html", "X-Tag": "one"]
        headers.add("x-tag", "two")
        #expect(headers["accept"] == "text/html")
        #expect(headers.all("X-TAG") == ["one", "two"])
        #expect(headers["Missing"] == nil)
        #expect(headers.map(\.name) == ["Accept", "X-Tag", "x-tag"])
    }

    @Test("Setting a field replaces every one of its name and leaves the rest")
    func replacing() {
        var headers: HTTPHeaders = ["A": "1", "B": "2", "a": "3"]
        headers["A"] = "4"
        #expect(headers.map { "\($0.name)=\($0.value)" } == ["B=2", "A=4"])
        headers["b"] = nil
        #expect(headers.map(\.name) == ["A"])
    }

    @Test("A line break cannot enter a value, and a name that is no token is dropped")
    func splitting() {
        let headers: HTTPHeaders = ["Location": "/a\r\nSet-Cookie: x=1\0", "Bad Name": "x", "": "y", "Ü": "z"]
        #expect(headers["Location"] == "/a  Set-Cookie: x=1 ")
        #expect(headers.count == 1)
    }

    @Test(
        "A token is found in a comma-separated list",
        arguments: [
            ("keep-alive, Upgrade", true), ("upgrade", true), (" UPGRADE\t,x", true), ("upgraded", false), ("", false),
            (",,", false), ("x upgrade", false),
        ])
    func tokens(value: String, isFound: Bool) {
        #expect(HTTPHeaders(dictionaryLiteral: ("Connection", value)).hasToken("upgrade", in: "connection") == isFound)
    }
}
