/// What a script says, as far as there is room: its beginning and its end, which tell most.
struct BoundedText: Sendable {
    private let half: Int
    private var head: [UInt8] = []
    /// The newest bytes; older ones are dropped from time to time.
    private var tail: [UInt8] = []
    private var dropped = 0

    /// - Parameter limit: bytes that are kept, 2 or more.
    init(limit: Int) { half = max(1, limit / 2) }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        let room = min(half - head.count, bytes.count)
        if room > 0 { head.append(contentsOf: bytes.prefix(room)) }
        guard bytes.count > room else { return }
        tail.append(contentsOf: bytes.dropFirst(room))
        if tail.count > 2 * half { shorten() }
    }

    private mutating func shorten() {
        let excess = tail.count - half
        guard excess > 0 else { return }
        dropped += excess
        tail.removeFirst(excess)
    }

    /// - Parameter gap: what stands where something is left out, given the number of bytes.
    func text(gap: (Int) -> String) -> String {
        var end = self
        end.shorten()
        guard end.dropped > 0 else { return String(decoding: head + end.tail, as: UTF8.self) }
        return String(decoding: end.head, as: UTF8.self) + gap(end.dropped) + String(decoding: end.tail, as: UTF8.self)
    }
}
