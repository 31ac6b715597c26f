import Platform
import Testing

@Suite("Signatures of other parties")
struct JSONWebSignatureTests {
    /// RFC 7515, appendix A.3.
    private static let key = """
        {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",\
        "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
        """
    private static let header = "eyJhbGciOiJFUzI1NiJ9"
    private static let payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    private static let signature =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"

    @Test("The example of RFC 7515 is genuine, and nothing about it can be changed")
    func example() throws {
        let text = "\(Self.header).\(Self.payload).\(Self.signature)"
        let signed = try #require(JSONWebSignature(compact: text))
        #expect(String(decoding: signed.header, as: UTF8.self) == #"{"alg":"ES256"}"#)
        #expect(String(decoding: signed.payload, as: UTF8.self).hasPrefix(#"{"iss":"joe""#))
        #expect(try signed.verify(with: Self.key))
        let others = [
            "\(Self.header).\(Self.payload.replacing("Jqb2", with: "JqZW"))." + Self.signature,
            "\(Self.header).\(Self.payload)." + Self.signature.replacing("DtE", with: "DtF"),
            // {"alg":"none"}
            "eyJhbGciOiJub25lIn0.\(Self.payload)." + Self.signature,
            // {"alg":"HS256"}
            "eyJhbGciOiJIUzI1NiJ9.\(Self.payload)." + Self.signature,
        ]
        for other in others {
            let forged = try #require(JSONWebSignature(compact: other))
            #expect(try !forged.verify(with: Self.key), "\(other.prefix(30))")
        }
        let another = Self.key.replacing("f83OJ", with: "f83OK")
        #expect(try !signed.verify(with: another))
        #expect(throws: JSONWebSignatureFailure.self) { try signed.verify(with: "no JSON") }
    }

    @Test(
        "What is not three parts of base64url is no signed text",
        arguments: ["", ".", "..", "a.b", "e30.e30.", "e30.e30.e30.e30", "e30=.e30.e30", "e30.e3 0.e30", "e30.é.e30"])
    func garbage(text: String) {
        #expect(JSONWebSignature(compact: text) == nil)
    }

    @Test("One that is longer than any is not looked at")
    func tooLong() {
        #expect(JSONWebSignature(compact: "e30." + String(repeating: "e30x", count: 9000) + ".e30x") == nil)
    }

    @Test("Base64url is read as it is written, and nothing else is")
    func base64() {
        var generator = SystemRandomNumberGenerator()
        for count in 0..<100 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(Base64.decodeURL(Base64.url(bytes)) == bytes)
        }
        for text in ["A", "AB", "ABC=", "AA+A", "AAAAA", "A A"] { #expect(Base64.decodeURL(text) == nil, "\(text)") }
        #expect(Base64.decodeURL("AA") == [0])
    }
}

@Suite("Texts in one form of Unicode")
struct NormalizedTextTests {
    @Test(
        "Folding makes one of what reads the same",
        arguments: [
            ("Straße", "strasse"), ("ＡＤＡ", "ada"), ("Jose\u{301}", "jos\u{e9}"), ("ﬁ", "fi"), ("a\u{200B}b", "ab"),
            ("İ", "i\u{307}"), ("", ""), ("𝒶", "a"),
        ])
    func folded(text: String, expected: String) {
        #expect(NormalizedText.folded(text) == expected)
    }

    @Test("The compatible form keeps case")
    func compatible() {
        #expect(NormalizedText.compatible("Ａda ²") == "Ada 2")
        #expect(NormalizedText.compatible(String(repeating: "a", count: 65 << 10)) == nil)
    }
}
