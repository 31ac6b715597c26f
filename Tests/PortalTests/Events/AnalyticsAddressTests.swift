import Platform
import Testing

@testable import Portal

@Suite("A session's own receiver of events")
struct AnalyticsAddressTests {
    static let accepted = [
        "https://events.example.com/hook": "https://events.example.com/hook",
        "http://events.example.com": "http://events.example.com/",
        "https://events.example.com:8443?key=1": "https://events.example.com:8443/?key=1",
        "HTTPS://Events.Example.COM/A#part": "https://events.example.com/A",
        "http://93.184.215.14/": "http://93.184.215.14/",
        "http://[2606:2800:21f::1]/": "http://[2606:2800:21f::1]/",
    ]

    @Test("An http or https URL of a public host is accepted", arguments: accepted.keys.sorted())
    func good(text: String) throws {
        let address = try AnalyticsAddress.parse(text, privateHosts: []).get()
        #expect(address.text == AnalyticsAddressTests.accepted[text])
        #expect(AnalyticsAddress.reach(of: address.text, privateHosts: []) == .publicOnly)
    }

    static let refused: [(String, AnalyticsAddress.Rejection)] =
        [
            "", "/workshops/", "ftp://events.example.com/", "file:///etc/passwd", "gopher://events.example.com/",
            "javascript:alert(1)", "//events.example.com/", "https://user:pass@events.example.com/",
            "https://events.example.com@127.0.0.1/", "http://events.example.com\\@127.0.0.1/", "http://2130706433/",
            "http://0x7f.0.0.1/", "http://0177.0.0.1/", "http://127.1/", "http://127.0.0.1.:80/",
            "http://[::ffff:127.0.0.1]/", "http://[fe80::1%25eth0]/", "http://events.example.com:0/",
            "http://\u{24D4}vents.example.com/", "http://127。0。0。1/", "http://events.example.com/\r\nHost: x",
        ].map { ($0, .notAnAddress) }
        + [
            "http://localhost/", "http://LOCALHOST:6379/", "http://a.localhost/", "http://metadata/",
            "http://metadata.google.internal/computeMetadata/v1/", "http://printer.local/", "http://db.lan/",
            "http://router.home.arpa/", "http://127.0.0.1/", "http://127.255.255.254/", "http://0.0.0.0/",
            "http://10.0.0.1/", "http://172.16.0.1/", "http://172.31.255.255/", "http://192.168.1.1/",
            "http://169.254.169.254/latest/meta-data/", "http://100.64.0.1/", "http://100.100.100.200/",
            "http://192.0.0.192/", "http://192.0.2.1/", "http://198.18.0.1/", "http://198.51.100.1/",
            "http://203.0.113.1/", "http://224.0.0.1/", "http://239.255.255.255/", "http://240.0.0.1/",
            "http://255.255.255.255/", "http://[::]/", "http://[::1]/", "http://[::ffff:7f00:1]/",
            "http://[::ffff:a9fe:a9fe]/", "http://[0:0:0:0:0:ffff:a00:1]/", "http://[64:ff9b::7f00:1]/",
            "http://[64:ff9b:1::1]/", "http://[fe80::1]/", "http://[fec0::1]/", "http://[fc00::1]/",
            "http://[fd00:ec2::254]/", "http://[ff02::1]/", "http://[2001::1]/", "http://[2001:db8::1]/",
            "http://[2002:7f00:1::]/", "http://[100::1]/", "http://[::7f00:1]/", "http://[3fff::1]/",
        ].map { ($0, .notPublic) }

    @Test("Whatever could lead inside is refused", arguments: refused.map(\.0).indices)
    func bad(place: Int) {
        let (text, reason) = AnalyticsAddressTests.refused[place]
        let result = AnalyticsAddress.parse(text, privateHosts: [])
        guard case .failure(let found) = result else {
            Issue.record("\(text) was accepted")
            return
        }
        #expect(found == reason, "\(text)")
        #expect(AnalyticsAddress.reach(of: text, privateHosts: []) == nil, "\(text)")
    }

    @Test("The portal's definition may allow hosts that are not public, and nothing else with them")
    func allowed() throws {
        let hosts = ["Events.internal", "127.0.0.1", "[fd00:0::5]"]
        for text in ["http://events.internal:9/x", "https://127.0.0.1:8443/", "http://[fd00::5]/"] {
            let address = try AnalyticsAddress.parse(text, privateHosts: hosts).get()
            #expect(AnalyticsAddress.reach(of: address.text, privateHosts: hosts) == .anywhere)
            // Once it is no longer allowed, what was stored is not sent either.
            #expect(AnalyticsAddress.reach(of: address.text, privateHosts: []) == nil)
        }
        for text in ["http://a.events.internal/", "http://127.0.0.2/", "http://[fd00::6]/", "http://localhost/"] {
            #expect(AnalyticsAddress.parse(text, privateHosts: hosts) == .failure(.notPublic), "\(text)")
        }
    }

    @Test("Addresses are read as they are written, and nothing else is one")
    func addresses() {
        #expect(NetworkAddress("::")?.bytes == [UInt8](repeating: 0, count: 16))
        #expect(NetworkAddress("1::")?.bytes == [0, 1] + [UInt8](repeating: 0, count: 14))
        #expect(NetworkAddress("[::2]")?.bytes == [UInt8](repeating: 0, count: 15) + [2])
        #expect(NetworkAddress("1:2:3:4:5:6:7:8")?.bytes == [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8])
        #expect(NetworkAddress("1::8")?.bytes.last == 8)
        #expect(NetworkAddress("10.0.0.255")?.bytes == [10, 0, 0, 255])
        let none = [
            "", ":", ":::", "1:2", "1:2:3:4:5:6:7:8:9", "1::2::3", ":1:2:3:4:5:6:7", "12345::", "g::", "1.2.3",
            "1.2.3.256", "1.2.3.4.5", "+1.2.3.4", "example.com", "::1.2.3.4", "1:2:3:4:5:6:7::8",
        ]
        for text in none { #expect(NetworkAddress(text) == nil, "\(text)") }
    }
}
