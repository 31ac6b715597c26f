import HTTP
import Testing

@Suite("Cookies")
struct CookieTests {
    @Test(
        "Cookies are read leniently",
        arguments: [
            ("a=1; b=2", ["a=1", "b=2"]), ("a=1;b=2;", ["a=1", "b=2"]), ("  a = 1 ;; =x; b", ["a=1"]),
            ("a=\"quoted\"", ["a=quoted"]), ("a=\"", ["a=\""]), ("a=b=c", ["a=b=c"]), ("a=", ["a="]), ("", []),
            ("$Version=1; ü=é", ["$Version=1", "ü=é"]),
        ] as [(String, [String])])
    func reading(header: String, pairs: [String]) {
        let request = HTTPRequest(path: "/", headers: ["Cookie": header])
        #expect(request.cookies.pairs.map { "\($0.name)=\($0.value)" } == pairs)
    }

    @Test("Of several cookies with one name the first counts, over all Cookie fields")
    func first() {
        var headers: HTTPHeaders = ["Cookie": "x=0; a=1; a=2"]
        headers.add("cookie", "a=3")
        #expect(RequestCookies(headers)["a"] == "1")
        #expect(RequestCookies(headers).all("a") == ["1", "2", "3"])
        #expect(RequestCookies(headers)["A"] == nil)
    }

    @Test("A cookie is for this host, out of reach for scripts, and Lax unless told otherwise")
    func defaults() {
        #expect(SetCookie("a", "1", isSecure: false).headerValue == "a=1; Path=/; HttpOnly; SameSite=Lax")
        var cookie = SetCookie("a", "1", isSecure: true)
        cookie.domain = "example.com"
        cookie.path = "/x"
        cookie.maximumAge = 60
        cookie.sameSite = .none
        cookie.isPartitioned = true
        #expect(
            cookie.headerValue
                == "a=1; Path=/x; Domain=example.com; Max-Age=60; Secure; HttpOnly; SameSite=None; Partitioned")
        #expect(cookie.removed().headerValue.hasPrefix("a=; Path=/x; Domain=example.com; Max-Age=0;"))
    }

    @Test("A __Host- cookie keeps to what browsers demand of it")
    func hostPrefix() {
        #expect(SetCookie.hostName("login", isSecure: false) == "login")
        var cookie = SetCookie(SetCookie.hostName("login", isSecure: true), "1", isSecure: true)
        cookie.domain = "example.com"
        cookie.path = "/x"
        #expect(cookie.headerValue == "__Host-login=1; Path=/; Secure; HttpOnly; SameSite=Lax")
    }

    @Test("Neither name nor value nor path can add an attribute or a header")
    func injection() {
        var cookie = SetCookie("a;b", "1; Domain=evil\r\nX: y\"\\,é", isSecure: false)
        cookie.path = "/; Domain=evil"
        #expect(
            cookie.headerValue
                == "a%3bb=1%3b%20Domain=evil%0d%0aX:%20y%22%5c%2c%c3%a9; Path=/Domain=evil; HttpOnly; SameSite=Lax")
    }
}
