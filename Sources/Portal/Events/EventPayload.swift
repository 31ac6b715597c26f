internal import Platform

/// The JSON that receivers get (spec/portal-lifecycle.md, section 9).
struct EventPayload: Sendable {
    /// The portal's name, uid and address, as JSON.
    private let name: String
    private let uid: String
    private let url: String

    /// - Parameter uid: tells portals of the same name apart.
    init(portal name: String, uid: String, url: String) {
        self.name = JSONText.quoted(name)
        self.uid = JSONText.quoted(uid)
        self.url = JSONText.quoted(url)
    }

    /// - Parameter generation: the portal's when the event happened.
    func body(of event: PortalEvent, at moment: Timestamp, generation: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(480 + event.data.json.utf8.count)
        append("{\"portal\":{\"name\":", name, to: &bytes)
        if case .user = event.subject {
        } else {
            append(",\"uid\":", uid, to: &bytes)
            append(",\"generation\":", String(generation), to: &bytes)
        }
        append(",\"url\":", url, to: &bytes)
        append("},\"event\":{\"name\":", JSONText.quoted(event.name), to: &bytes)
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
