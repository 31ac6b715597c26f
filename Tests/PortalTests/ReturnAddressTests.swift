import PortalTesting
import Testing

@testable import Portal

@Suite("An index URL")
struct ReturnAddressTests {
    @Test(
        "is accepted and kept as it is",
        arguments: [
            "https://www.example.com", "https://www.example.com/", "http://example.com:8080/index.html?a=1&b=#top",
            "https://example.com?x", "https://example.com#part", "https://xn--bcher-kva.example/",
            "http://127.0.0.1:3000/",
            "http://[::1]:8080/x", "https://[2001:db8::1]/", "https://a_b.example.com/", "/", "/index.html?lang=en#x",
            "/workshops/catalog/", "http://localhost:3000/", "https://example.com/%2f%2fevil.example/", "/a//b",
            "https://example.com/a:b@c", "https://example.com/?u=https://other.example/", "https://h/'();,*!~[]",
        ])
    func accepted(text: String) {
        let result = ReturnAddress.parse(text)
        #expect((try? result.get().text) == text)
    }

    @Test("has a scheme and host in small letters, and no port where it is the scheme's own")
    func normalized() throws {
        #expect(
            try ReturnAddress.parse("HTTPS://WWW.Example.COM:443/Path?Q=A").get().text
                == "https://www.example.com/Path?Q=A")
        #expect(try ReturnAddress.parse("hTTp://EXAMPLE.com:80").get().text == "http://example.com")
        #expect(try ReturnAddress.parse("http://example.com:00080/").get().text == "http://example.com/")
        #expect(try ReturnAddress.parse("https://example.com:80/").get().text == "https://example.com:80/")
    }

    @Test(
        "that could lead elsewhere is refused, with the reason",
        arguments: [
            ("", .empty), ("//evil.example", .doubleSlash), ("///evil.example", .doubleSlash),
            ("/\\evil.example", .backslash),
            ("\\\\evil.example", .backslash), ("https:\\\\evil.example", .backslash),
            ("/\t/evil.example", .controlCharacter),
            ("/\n/evil.example", .controlCharacter), ("\thttps://example.com", .controlCharacter),
            (" https://example.com", .controlCharacter), ("https://exa mple.com", .controlCharacter),
            ("https://example.com/\u{0}", .controlCharacter), ("https://example.com/\u{7f}", .controlCharacter),
            ("https://example.com/\r\nSet-Cookie: a=b", .controlCharacter),
            ("java\tscript:alert(1)", .controlCharacter),
            ("javascript:alert(1)", .badScheme), ("JaVaScRiPt:alert(1)", .badScheme), ("data:text/html,x", .badScheme),
            ("vbscript:x", .badScheme), ("file:///etc/passwd", .badScheme), ("ftp://example.com/", .badScheme),
            ("http:/example.com", .badScheme), ("http:example.com", .badScheme), ("https:", .badScheme),
            ("http:/", .badScheme),
            ("example.com", .badScheme), ("www.example.com/index", .badScheme), ("?notification=x", .badScheme),
            ("#x", .badScheme), ("index.html", .badScheme), (":", .badScheme), ("://example.com", .badScheme),
            ("httpss://example.com", .badScheme), ("http://", .noHost), ("http:///evil.example", .noHost),
            ("https://?x", .noHost), ("https://#x", .noHost), ("https://:80/", .noHost),
            ("https:////evil.example", .noHost),
            ("https://good.example@evil.example/", .userInfo), ("https://user:pass@evil.example/", .userInfo),
            ("https://@evil.example/", .userInfo), ("https://good.example%40evil.example/", .encodedHost),
            ("https://good.example%2f@evil.example/", .userInfo),
            ("https://good.example%2fevil.example/", .encodedHost),
            ("https://%65vil.example/", .encodedHost), ("https://bücher.example/", .internationalHost),
            ("https://evil。example/", .internationalHost), ("https://ⓔvil.example/", .internationalHost),
            ("https://example.com/bücher", .notASCII), ("/bücher", .notASCII), ("https://example.com:0/", .badPort),
            ("https://example.com:65536/", .badPort), ("https://example.com:/", .badPort),
            ("https://example.com:8o/", .badPort),
            ("https://example.com:-1/", .badPort), ("https://example.com:+80/", .badPort),
            ("https://example.com:80:80/", .badPort),
            ("https://example..com/", .badHost), ("https://.example.com/", .badHost),
            ("https://example.com./", .badHost),
            ("https://-example.com/", .badHost), ("https://exam!ple.com/", .badHost), ("https://127.1/", .badHost),
            ("https://2130706433/", .badHost), ("https://0x7f.0.0.1/", .badHost), ("https://0177.0.0.1/", .badHost),
            ("https://256.1.1.1/", .badHost), ("https://1.2.3.4.5/", .badHost), ("https://[::1/", .badHost),
            ("https://[::1]x/", .badHost), ("https://[]/", .badHost), ("https://[1:2]/", .badHost),
            ("https://[::1%25eth0]/", .encodedHost),
            ("https://[::ffff:127.0.0.1]/", .badHost), ("https://[1::2::3]/", .badHost),
            ("https://[12345::]/", .badHost),
            ("https://example.com/<script>", .badCharacter), ("/\"onload=", .badCharacter), ("/{x}", .badCharacter),
            ("https://example.com|evil.example/", .badHost), ("https://example.com;evil.example/", .badHost),
            ("https://good.example\u{2044}evil.example/", .internationalHost),
        ] as [(String, ReturnAddress.Rejection)])
    func refused(text: String, reason: ReturnAddress.Rejection) {
        #expect(ReturnAddress.parse(text) == .failure(reason))
    }

    @Test("has a limit on its length")
    func length() {
        let longest = "https://example.com/" + String(repeating: "a", count: 2028)
        #expect((try? ReturnAddress.parse(longest).get()) != nil)
        #expect(ReturnAddress.parse(longest + "a") == .failure(.tooLong))
    }

    @Test("may be limited to some origins; a path of the portal always goes")
    func allowed() {
        let origins = ["https://www.example.com", "http://localhost:3000/"]
        #expect((try? ReturnAddress.parse("https://WWW.example.com:443/x", allowedOrigins: origins).get()) != nil)
        #expect((try? ReturnAddress.parse("http://localhost:3000", allowedOrigins: origins).get()) != nil)
        #expect((try? ReturnAddress.parse("/x", allowedOrigins: origins).get()) != nil)
        for other in [
            "http://www.example.com/", "https://www.example.com:8443/", "https://example.com/", "http://localhost/",
        ] {
            #expect(ReturnAddress.parse(other, allowedOrigins: origins) == .failure(.notAllowed))
        }
        #expect(ReturnAddress.parse("https://a.example/", allowedOrigins: ["nonsense"]) == .failure(.notAllowed))
    }

    @Test("tells each reason in a sentence", arguments: ReturnAddress.Rejection.allCases)
    func sentences(reason: ReturnAddress.Rejection) {
        #expect(reason.sentence.hasPrefix("The ") && reason.sentence.hasSuffix("."))
    }

    @Test(
        "gets its notification and keeps everything else byte for byte",
        arguments: [
            ("https://e.com", "https://e.com/?notification=session-deleted"),
            ("https://e.com/", "https://e.com/?notification=session-deleted"),
            ("https://e.com/?", "https://e.com/?notification=session-deleted"),
            ("https://e.com?a=1", "https://e.com/?a=1&notification=session-deleted"),
            ("https://e.com/p?a=&b&c=%20+#frag", "https://e.com/p?a=&b&c=%20+&notification=session-deleted#frag"),
            ("https://e.com/p?a=1&&b=2&", "https://e.com/p?a=1&&b=2&&notification=session-deleted"),
            ("https://e.com/?notification=old&a=1", "https://e.com/?a=1&notification=session-deleted"),
            ("https://e.com/?a=1&notification&notification=x", "https://e.com/?a=1&notification=session-deleted"),
            (
                "https://e.com/?%6eotification=x&Notification=y",
                "https://e.com/?Notification=y&notification=session-deleted"
            ),
            ("https://e.com/#a?b=1", "https://e.com/?notification=session-deleted#a?b=1"),
            ("/x?y", "/x?y&notification=session-deleted"), ("/x?%=%zz&%6", "/x?%=%zz&%6&notification=session-deleted"),
        ])
    func notification(before: String, after: String) throws {
        #expect(try ReturnAddress.parse(before).get().adding(notification: "session-deleted").text == after)
    }

    @Test("of random text is refused or means the same when it is read again")
    func fuzz() {
        var random = SeededGenerator(seed: 20_261_124)
        let pieces = [
            "http", "https", "://", ":", "/", "//", "\\", "@", "%2f", "%", "#", "?", "&", "=", "example.com",
            "evil.example",
            "[::1]", "127.0.0.1", ":80", ":443", "\t", "\n", " ", "ü", "。", ".", "-", "_", "notification", "a", "HTTP",
            "\0",
        ]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0...8, using: &random)).map { _ in pieces.randomElement(using: &random) ?? ""
            }.joined()
            guard case .success(let address) = ReturnAddress.parse(text) else { continue }
            #expect(ReturnAddress.parse(address.text) == .success(address))
            #expect(address.origin != nil || (address.text.hasPrefix("/") && !address.text.hasPrefix("//")))
            #expect(address.text.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "\\") })
            let told = address.adding(notification: "session-deleted")
            #expect(ReturnAddress.parse(told.text) == .success(told))
            #expect(told.origin == address.origin && told.fragment == address.fragment)
            #expect(told.adding(notification: "session-deleted") == told)
        }
    }
}
