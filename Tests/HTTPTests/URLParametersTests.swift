import HTTP
import Testing

@Suite("Parameters of URLs and forms")
struct URLParametersTests {
    @Test(
        "A query is read as browsers write it, and broken ones are taken as they are",
        arguments: [
            ("", []), ("a=1", ["a=1"]), ("a=1&b=2&a=3", ["a=1", "b=2", "a=3"]), ("a", ["a="]), ("=x", ["=x"]),
            ("&&a=1&&", ["a=1"]), ("a=b=c", ["a=b=c"]), ("a+b=c%20d", ["a b=c d"]), ("a=%2", ["a=%2"]),
            ("a=%", ["a=%"]), ("a=%zz", ["a=%zz"]), ("a=%2B", ["a=+"]), ("%61=%F0%9F%99%82", ["a=🙂"]),
            ("a=%ff%fe", ["a=\u{fffd}\u{fffd}"]), ("a=%00", ["a=\0"]),
            ("index_url=http%3A%2F%2Fx%2F%3Fy%3D1%26z", ["index_url=http://x/?y=1&z"]),
        ] as [(String, [String])])
    func reading(query: String, pairs: [String]) {
        let parameters = QueryParameters(query: query).parameters
        #expect(parameters.map { "\($0.name)=\($0.value)" } == pairs)
    }

    @Test("Values are looked up by name: the first one, or all of them")
    func lookup() {
        let parameters = QueryParameters(query: "a=1&b=2&a=3")
        #expect(parameters["a"] == "1")
        #expect(parameters.all("a") == ["1", "3"])
        #expect(parameters["c"] == nil)
    }

    @Test("What is written is read back unchanged")
    func roundTrip() {
        let parameters: URLParameters = ["q": "a&b=c d+e%/ü🙂\n", "": "", "é": "=?#"]
        #expect(URLParameters(query: parameters.encoded) == parameters)
        #expect(parameters.encoded.utf8.allSatisfy { $0 > 32 && $0 < 127 })
    }

    @Test("Setting a value keeps its place and drops its repetitions")
    func setting() {
        var parameters: URLParameters = ["a": "1", "b": "2", "a": "3"]
        parameters.set("a", to: "9")
        #expect(parameters.encoded == "a=9&b=2")
        parameters.set("b", to: nil)
        parameters.set("c", to: "x")
        #expect(parameters.encoded == "a=9&c=x")
    }

    @Test("A request with a hundred thousand parameters is read up to the limit")
    func limit() {
        let body = Array(String(repeating: "a=b&", count: 100_000).utf8)
        #expect(FormParameters(encoded: body).parameters.count == URLParameters.limit)
    }

    @Test(
        "Only a body of the form's type is read as a form",
        arguments: [
            ("application/x-www-form-urlencoded", "1"), ("Application/X-WWW-Form-Urlencoded; charset=UTF-8", "1"),
            ("text/plain", nil), ("", nil), (";", nil),
        ])
    func forms(type: String, value: String?) {
        let request = HTTPRequest(method: .post, path: "/", headers: ["Content-Type": type], body: Array("a=1".utf8))
        #expect(request.formParameters["a"] == value)
    }

    @Test("Percent-encoding leaves unreserved characters and encodes all others")
    func percent() {
        #expect(PercentEncoding.encode("aZ09-._~") == "aZ09-._~")
        #expect(
            PercentEncoding.encode("/?#[]@!$&'()*+,;= ü")
                == "%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%20%C3%BC")
        #expect(PercentEncoding.decode("%2Fa+b%") == "/a+b%")
    }
}
