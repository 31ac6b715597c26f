internal import Platform
internal import Portal

/// A row of the table `outbox`.
struct OutboxRow {
    /// That of its last event; the others have the numbers before it.
    let number: Int64
    let target: String
    let created: Timestamp
    var delivered: DeliveredEvents
    let bytes: [UInt8]

    var first: Int64 { number - Int64(delivered.count) + 1 }

    /// Reads the columns of the table in their order.
    init(row: Statement) throws {
        number = row.integer(0)
        target = row.text(1)
        created = row.timestamp(2)
        delivered = DeliveredEvents(row.blob(4), of: max(0, row.int(3)))
        bytes = row.blob(5)
    }

    /// All of its events in order, `nil` for those that were taken back.
    /// - Throws: `PortalStoreError.damaged` when there are not as many as the row says.
    func events(at path: String) throws -> [OutboxEntry?] {
        var reader = EventBatchReader(target: target, bytes: bytes)
        var events: [OutboxEntry?] = []
        events.reserveCapacity(delivered.count)
        while let event = reader.next() {
            var event = event
            event?.number = first + Int64(events.count)
            events.append(event)
        }
        guard events.count == delivered.count else {
            throw PortalStoreError.damaged(path: path, detail: "a row of table outbox cannot be read")
        }
        return events
    }

    /// Those that are not done with, with numbers above the given one.
    func waiting(after number: Int64, at path: String) throws -> [OutboxEntry] {
        var entries: [OutboxEntry] = []
        for (index, event) in try events(at: path).enumerated() {
            if let event, event.number > number, !delivered[index] { entries.append(event) }
        }
        return entries
    }
}
