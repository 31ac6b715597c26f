internal import Platform

/// The JSON that receivers get (spec/portal-lifecycle.md, section 9).
struct EventPayload: Sendable {
    /// The beginning of every payload, up to the event's name: with the portal's uid and generation, and without.
    private let head: [UInt8]
    private let shortHead: [UInt8]

    /// - Parameters:
    ///   - uid: tells portals of the same name apart.
    ///   - generation: counts up when the portal itself becomes another one.
    init(portal name: String, uid: String, generation: Int, url: String) {
        let (name, url) = (JSONText.quoted(name), JSONText.quoted(url))
        shortHead = Array("{\"portal\":{\"name\":\(name),\"url\":\(url)},\"event\":{\"name\":".utf8)
        head = Array(
            ("{\"portal\":{\"name\":\(name),\"uid\":\(JSONText.quoted(uid)),\"generation\":\(generation),\"url\":\(url)},"
                + "\"event\":{\"name\":").utf8)
    }

    func body(of event: PortalEvent, at moment: Timestamp) -> [UInt8] {
        var bytes: [UInt8]
        if case .user = event.subject { bytes = shortHead } else { bytes = head }
        bytes.reserveCapacity(bytes.count + 320 + event.data.json.utf8.count)
        bytes += JSONText.quoted(event.name).utf8
        // As the reference writes it, not as `Z`.
        bytes += ",\"timestamp\":\"".utf8
        bytes += moment.iso8601.utf8.dropLast()
        bytes += "+00:00\"".utf8
        switch event.subject {
        case .user(let user): append(",\"user\":", JSONText.quoted(user.rawValue), to: &bytes)
        case .environment(let environment, let workshop):
            append(",\"environment\":", JSONText.quoted(environment.rawValue), to: &bytes)
            append(",\"workshop\":", JSONText.quoted(workshop), to: &bytes)
        case .session(let session, let environment, let workshop, let user):
            append(",\"user\":", user.map { JSONText.quoted($0.rawValue) } ?? "null", to: &bytes)
            append(",\"session\":", JSONText.quoted(session.rawValue), to: &bytes)
            append(",\"environment\":", JSONText.quoted(environment.rawValue), to: &bytes)
            append(",\"workshop\":", JSONText.quoted(workshop), to: &bytes)
        }
        append(",\"data\":", event.data.json, to: &bytes)
        bytes += "}}".utf8
        return bytes
    }

    private func append(_ key: String, _ value: String, to bytes: inout [UInt8]) {
        bytes += key.utf8
        bytes += value.utf8
    }
}
