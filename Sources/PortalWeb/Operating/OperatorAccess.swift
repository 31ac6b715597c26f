internal import Glibc
internal import HTTP

/// Who may read what only operators should: metrics, and what exactly is wrong.
///
/// Either somebody on this machine who speaks to the portal directly, or whoever shows a token of staff or of a robot. The
/// front door stands on this machine, too: what comes through it says so in its header, and has another host.
enum OperatorAccess {
    private static let marksOfProxies = [
        "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via",
    ]

    /// Whether a request was sent to the portal's own port from this machine, by no proxy and by no page of another
    /// site: a browser that is led here by a name of its own (DNS rebinding) says that name in `Host`.
    static func isDirect(_ request: HTTPRequest) -> Bool {
        guard isLoopback(request.clientAddress), let host = request.headers["Host"], isLoopback(hostOnly(host)) else {
            return false
        }
        return !marksOfProxies.contains(where: request.headers.contains)
    }

    private static func hostOnly(_ header: String) -> String {
        if header.hasPrefix("[") { return String(header.dropFirst().prefix { $0 != "]" }) }
        return String(header.prefix { $0 != ":" })
    }

    /// 127.0.0.0/8, `::1`, or `localhost`.
    private static func isLoopback(_ address: String) -> Bool {
        if address == "::1" || address == "localhost" { return true }
        var four = in_addr()
        return inet_pton(AF_INET, address, &four) == 1 && UInt32(bigEndian: four.s_addr) >> 24 == 127
    }
}
