import Platform
import PortalTesting
import Testing

@testable import Portal

@Suite("What receivers of events get")
struct EventPayloadTests {
    private static let payload = EventPayload(
        portal: "lab \"1\"", uid: "9f0c", url: "https://labs.example.com")
    private static let moment = Timestamp(milliseconds: 1_795_000_000_123)
    private static let portal =
        #"{"name":"lab \"1\"","uid":"9f0c","generation":3,"url":"https://labs.example.com"}"#
    private static let session = PortalEvent.Subject.session(
        Fixture.sessionName("lab-w01-s001"), environment: Fixture.environmentName("lab-w01"), workshop: "lab-shell",
        user: Fixture.user("ann"))

    struct Row: Sendable {
        let event: PortalEvent
        let json: String
    }

    static let rows = [
        Row(
            event: PortalEvent(
                "User/Create", .user(Fixture.user("anon@educates:1")), data: EventData(json: #"{"group":"anonymous"}"#)),
            json: #"{"portal":{"name":"lab \"1\"","url":"https://labs.example.com"},"event":{"name":"User/Create","#
                + #""timestamp":"2026-11-18T11:06:40.123+00:00","user":"anon@educates:1","data":{"group":"anonymous"}}}"#
        ),
        Row(
            event: PortalEvent(
                "Environment/Created", .environment(Fixture.environmentName("lab-w01"), workshop: "first-steps")),
            json: #"{"portal":\#(portal),"event":{"name":"Environment/Created","#
                + #""timestamp":"2026-11-18T11:06:40.123+00:00","environment":"lab-w01","workshop":"first-steps","#
                + #""data":{}}}"#),
        Row(
            event: PortalEvent("Session/Started", session),
            json: #"{"portal":\#(portal),"event":{"name":"Session/Started","#
                + #""timestamp":"2026-11-18T11:06:40.123+00:00","user":"ann","session":"lab-w01-s001","#
                + #""environment":"lab-w01","workshop":"lab-shell","data":{}}}"#),
        Row(
            event: PortalEvent(
                "Session/Created",
                .session(
                    Fixture.sessionName("lab-w01-s002"), environment: Fixture.environmentName("lab-w01"),
                    workshop: "lab-shell", user: nil)),
            json: #"{"portal":\#(portal),"event":{"name":"Session/Created","#
                + #""timestamp":"2026-11-18T11:06:40.123+00:00","user":null,"session":"lab-w01-s002","#
                + #""environment":"lab-w01","workshop":"lab-shell","data":{}}}"#),
        Row(
            event: PortalEvent("Workshop/View", session, data: EventData(json: #"{"page_number":2}"#)),
            json: #"{"portal":\#(portal),"event":{"name":"Workshop/View","#
                + #""timestamp":"2026-11-18T11:06:40.123+00:00","user":"ann","session":"lab-w01-s001","#
                + #""environment":"lab-w01","workshop":"lab-shell","data":{"page_number":2}}}"#),
    ]

    @Test("Each kind of event has the keys of the reference, in its order", arguments: rows)
    func golden(row: Row) {
        let body = EventPayloadTests.payload.body(of: row.event, at: EventPayloadTests.moment, generation: 3)
        #expect(String(decoding: body, as: UTF8.self) == row.json)
    }

    @Test("The signature is that of Standard Webhooks' own example")
    func signature() throws {
        let secret = try #require(WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let signature = secret.signature(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", seconds: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8))
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test("A secret is whsec_ and base64 of 24 to 64 bytes, and never printed")
    func secrets() throws {
        let drawn = WebhookSecret.random()
        let read = try #require(WebhookSecret("  \(drawn.text)\r\n"))
        #expect(read.text == drawn.text && drawn.text != WebhookSecret.random().text)
        #expect("\(drawn)" == "(secret)" && !String(reflecting: drawn).contains(drawn.text.dropFirst(6)))
        let bad = [
            "", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa==", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaL!Sw",
            "whsec_" + Base64.standard([UInt8](repeating: 1, count: 23)),
            "whsec_" + Base64.standard([UInt8](repeating: 1, count: 65)),
        ]
        for text in bad { #expect(WebhookSecret(text) == nil, "\(text)") }
    }
}
