/// The newest output of a terminal, numbered by byte, so that a viewer that lost its connection gets exactly what it
/// missed. Takes no memory before the first byte and at most `limit` ever.
struct OutputRing {
    /// Bytes kept at most.
    let limit: Int
    /// The number of the oldest byte that is still here.
    private(set) var start: UInt64 = 0
    /// The number that the next byte will get.
    private(set) var end: UInt64 = 0

    private var storage: [UInt8] = []

    init(limit: Int) { self.limit = max(1, limit) }

    var count: Int { Int(end - start) }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        let kept = UnsafeRawBufferPointer(rebasing: bytes.suffix(limit))
        grow(toHold: min(limit, count + bytes.count))
        var position = end + UInt64(bytes.count - kept.count)
        end = position + UInt64(kept.count)
        start = max(start, end > UInt64(storage.count) ? end - UInt64(storage.count) : 0)
        var source = kept[...]
        while !source.isEmpty {
            let place = Int(position % UInt64(storage.count))
            let piece = source.prefix(storage.count - place)
            storage.withUnsafeMutableBytes { target in
                UnsafeMutableRawBufferPointer(rebasing: target[place...]).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: piece))
            }
            position += UInt64(piece.count)
            source = source.dropFirst(piece.count)
        }
    }

    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Adds up to `most` bytes from number `position` on to `target`; none when `position` is not here.
    func copy(from position: UInt64, most: Int, to target: inout [UInt8]) {
        guard position >= start, position < end else { return }
        var position = position
        var left = min(most, Int(end - position))
        while left > 0 {
            let place = Int(position % UInt64(storage.count))
            let piece = min(left, storage.count - place)
            target += storage[place..<(place + piece)]
            position += UInt64(piece)
            left -= piece
        }
    }

    /// Where to begin for a viewer that cannot have everything: at most `most` bytes before the end, after a line break
    /// when there is one nearby, so that neither a character nor a control sequence is cut in two.
    func tail(most: Int) -> UInt64 {
        let begin = max(start, end > UInt64(most) ? end - UInt64(most) : 0)
        guard begin > 0 else { return begin }
        var position = begin
        let last = min(end, begin + 4096)
        while position < last {
            if storage[Int(position % UInt64(storage.count))] == UInt8(ascii: "\n") { return position + 1 }
            position += 1
        }
        position = begin
        // Bytes that continue a character of UTF-8 begin with the bits 10.
        while position < last, storage[Int(position % UInt64(storage.count))] & 0xC0 == 0x80 { position += 1 }
        return position
    }

    /// Doubles the storage until it holds `wanted` bytes. Bytes keep their numbers and so move to other places.
    private mutating func grow(toHold wanted: Int) {
        guard storage.count < wanted else { return }
        var size = max(storage.count, min(4096, limit))
        while size < wanted { size = min(limit, size * 2) }
        var kept: [UInt8] = []
        copy(from: start, most: count, to: &kept)
        storage = [UInt8](repeating: 0, count: size)
        var position = start
        for byte in kept {
            storage[Int(position % UInt64(size))] = byte
            position += 1
        }
    }
}
