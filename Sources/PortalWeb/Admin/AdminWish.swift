internal import HTTP
internal import Platform
internal import Portal

/// What a button of a page for staff asks for: one text, so that a row has buttons and no forms.
struct AdminWish: Equatable {
    let action: AdminAction

    init(_ action: AdminAction) { self.action = action }

    /// Minutes by which a session can be extended (spec/portal-http.md, section 5).
    static let minutes = [10, 30, 60]

    init?(_ text: String) {
        let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let rest = parts.count > 1 ? parts[1] : ""
        switch parts[0] {
        case "expire": self.init(SessionName(rawValue: rest).map { .expire($0) })
        case "terminate": self.init(SessionName(rawValue: rest).map { .terminate($0) })
        case "open": self.init(SessionName(rawValue: rest).map { .open($0) })
        case "refresh": self.init(EnvironmentName(rawValue: rest).map { .refresh($0) })
        case "end-sessions": self.init(UserID(rawValue: rest).map { .endSessions(of: $0) })
        case "purge": self.init(rest.isEmpty ? .purgeEnded : nil)
        case "extend":
            let words = rest.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            guard words.count == 3, let minutes = Int(words[0]), AdminWish.minutes.contains(minutes),
                let session = SessionName(rawValue: words[1]), let seen = Int64(words[2])
            else { return nil }
            self.init(.extend(session, minutes: minutes, seen: Timestamp(milliseconds: seen)))
        default: return nil
        }
    }

    private init?(_ action: AdminAction?) {
        guard let action else { return nil }
        self.init(action)
    }

    var text: String {
        switch action {
        case .extend(let session, let minutes, let seen):
            "extend \(minutes) \(session) \(seen?.milliseconds ?? 0)"
        case .purgeEnded: "purge"
        default: "\(action.kind.rawValue) \(action.target)"
        }
    }

    /// Whether it is asked about first, because what it takes away does not come back.
    var isDangerous: Bool {
        switch action {
        case .terminate, .refresh, .endSessions, .purgeEnded: true
        case .extend, .expire, .open: false
        }
    }
}
