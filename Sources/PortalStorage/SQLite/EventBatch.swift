internal import Platform
internal import Portal

/// Events of one commit for one receiver: one row of the outbox.
struct EventBatch {
    let target: String
    /// When its first event was recorded.
    let created: Timestamp
    private(set) var count = 0
    private(set) var bytes: [UInt8] = []

    /// A batch that is large enough. It is read and written again as parts of it are delivered.
    var isFull: Bool { bytes.count >= 16 * 1024 }

    init(target: String, created: Timestamp) {
        self.target = target
        self.created = created
    }

    /// The record of an event. Lines for what is short and has no line break, then the JSON with its length in front:
    ///
    ///     s       kind: session, environment, user, payload; x for one that was taken back, with no lines after it
    ///     id, moment, generation, name
    ///     session, environment, workshop, user    (environment, workshop; user; stream)
    ///     length of the JSON in bytes
    mutating func append(_ entry: OutboxEntry) {
        count += 1
        switch entry.content {
        case .event(let event, let generation):
            switch event.subject {
            case .session(let session, let environment, let workshop, let user):
                begin("s", entry, generation, event.name)
                add(session.rawValue)
                add(environment.rawValue)
                add(workshop)
                add(user?.rawValue ?? "")
            case .environment(let environment, let workshop):
                begin("e", entry, generation, event.name)
                add(environment.rawValue)
                add(workshop)
            case .user(let user):
                begin("u", entry, generation, event.name)
                add(user.rawValue)
            }
            add(String(event.data.json.utf8.count))
            bytes += event.data.json.utf8
        case .payload(let body, let event, let stream):
            begin("p", entry, 0, event)
            add(stream)
            add(String(body.count))
            bytes += body
        }
    }

    /// Keeps the place, and so the numbers of those that follow.
    mutating func appendWithdrawn() {
        count += 1
        add("x")
    }

    private mutating func begin(_ kind: String, _ entry: OutboxEntry, _ generation: Int, _ name: String) {
        add(kind)
        add(entry.id)
        add(String(entry.created.milliseconds))
        add(String(generation))
        add(name)
    }

    private mutating func add(_ line: String) {
        bytes += line.utf8
        bytes.append(EventBatch.lineBreak)
    }

    fileprivate static let lineBreak = UInt8(ascii: "\n")
}

/// Reads the records of a batch, one after another.
struct EventBatchReader {
    let target: String
    private let bytes: [UInt8]
    private var place = 0

    init(target: String, bytes: [UInt8]) {
        self.target = target
        self.bytes = bytes
    }

    /// - Returns: `nil` inside for an event that was taken back; `nil` when there are no more, or what follows is no record.
    mutating func next() -> OutboxEntry?? {
        guard let kind = line() else { return nil }
        if kind == "x" { return .some(nil) }
        guard let id = line(), let moment = line().flatMap({ Int64($0) }), let generation = line().flatMap({ Int($0) }),
            let name = line()
        else { return nil }
        let content: OutboxEntry.Content
        if kind == "p" {
            guard let stream = line(), let body = rest() else { return nil }
            content = .payload(Array(body), event: name, stream: stream)
        } else {
            guard let subject = subject(kind), let data = rest() else { return nil }
            let event = PortalEvent(name, subject, data: EventData(json: String(decoding: data, as: UTF8.self)))
            content = .event(event, generation: generation)
        }
        return OutboxEntry(target: target, id: id, created: Timestamp(milliseconds: moment), content: content)
    }

    private mutating func subject(_ kind: String) -> PortalEvent.Subject? {
        switch kind {
        case "s":
            guard let session = line().flatMap(SessionName.init(rawValue:)),
                let environment = line().flatMap(EnvironmentName.init(rawValue:)), let workshop = line(),
                let user = line()
            else { return nil }
            return .session(session, environment: environment, workshop: workshop, user: UserID(rawValue: user))
        case "e":
            guard let environment = line().flatMap(EnvironmentName.init(rawValue:)), let workshop = line() else {
                return nil
            }
            return .environment(environment, workshop: workshop)
        case "u": return line().flatMap(UserID.init(rawValue:)).map { .user($0) }
        default: return nil
        }
    }

    private mutating func line() -> String? {
        guard let end = bytes[place...].firstIndex(of: EventBatch.lineBreak) else { return nil }
        defer { place = end + 1 }
        return String(decoding: bytes[place..<end], as: UTF8.self)
    }

    private mutating func rest() -> ArraySlice<UInt8>? {
        guard let count = line().flatMap({ Int($0) }), count >= 0, count <= bytes.count - place else { return nil }
        defer { place += count }
        return bytes[place..<place + count]
    }
}

/// Which events of a batch are done with, a bit for each. Always of the same length, so that a row changes in its place.
struct DeliveredEvents {
    private(set) var bits: [UInt8]
    let count: Int

    init(of count: Int) {
        self.count = count
        bits = [UInt8](repeating: 0, count: (count + 7) / 8)
    }

    init(_ bits: [UInt8], of count: Int) {
        self.init(of: count)
        if bits.count == self.bits.count { self.bits = bits }
    }

    subscript(_ index: Int) -> Bool { bits[index / 8] & 1 << UInt8(index % 8) != 0 }

    /// - Returns: whether it was not done with before.
    mutating func insert(_ index: Int) -> Bool {
        if self[index] { return false }
        bits[index / 8] |= 1 << UInt8(index % 8)
        return true
    }

    var left: Int { count - bits.reduce(0) { $0 + $1.nonzeroBitCount } }
}
