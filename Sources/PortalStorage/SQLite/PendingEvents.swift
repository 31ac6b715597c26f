internal import Portal

/// Events of the transaction under way. They are written at its end, all of one receiver as one row: a row for each would
/// cost a launch three.
struct PendingEvents {
    /// Of the bodies that ended well.
    private(set) var batches: [EventBatch] = []
    /// Of the body that runs.
    private var ofBody: [OutboxEntry] = []
    private var erasedByBody: Set<UserID> = []

    mutating func begin() { batches.removeAll(keepingCapacity: true) }

    mutating func beginBody() {
        ofBody.removeAll(keepingCapacity: true)
        erasedByBody.removeAll()
    }

    mutating func append(_ entries: [OutboxEntry]) { ofBody += entries }

    /// A body has erased these users: what was recorded about them so far is not told.
    mutating func forget(_ users: Set<UserID>) {
        ofBody.removeAll { $0.isAbout(users) }
        erasedByBody.formUnion(users)
    }

    /// The body ended well.
    mutating func endBody() {
        if !erasedByBody.isEmpty {
            let earlier = batches
            batches = []
            for batch in earlier {
                var reader = EventBatchReader(target: batch.target, bytes: batch.bytes)
                while let event = reader.next() {
                    if let event, !event.isAbout(erasedByBody) { add(event) }
                }
            }
        }
        for entry in ofBody { add(entry) }
    }

    private mutating func add(_ entry: OutboxEntry) {
        if let place = batches.lastIndex(where: { $0.target == entry.target }), !batches[place].isFull {
            batches[place].append(entry)
        } else {
            var batch = EventBatch(target: entry.target, created: entry.created)
            batch.append(entry)
            batches.append(batch)
        }
    }
}
