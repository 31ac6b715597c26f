import PortalTesting
import Testing

@testable import SessionAgent

@Suite("The ring of a terminal's newest output")
struct OutputRingTests {
    @Test("Viewers that come and go at random moments get every byte once, or are told that some are lost")
    func randomDisconnects() {
        for seed in UInt64(1)...20 {
            var generator = SeededGenerator(seed: seed)
            let limit = Int.random(in: 1...9000, using: &generator)
            var ring = OutputRing(limit: limit)
            var written: [UInt8] = []
            var viewers: [UInt64] = [0, 0, 0]
            for _ in 0..<100 {
                let piece = (0..<Int.random(in: 0...3000, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                piece.withUnsafeBytes { ring.append($0) }
                written += piece
                #expect(ring.end == UInt64(written.count) && ring.count == min(limit, written.count), "seed \(seed)")
                for index in viewers.indices where Bool.random(using: &generator) {
                    var got: [UInt8] = []
                    let most = Int.random(in: 1...5000, using: &generator)
                    if viewers[index] < ring.start {
                        ring.copy(from: viewers[index], most: most, to: &got)
                        #expect(got.isEmpty, "seed \(seed)")
                        viewers[index] = ring.tail(most: limit / 2)
                        #expect(viewers[index] >= ring.start && viewers[index] <= ring.end, "seed \(seed)")
                    }
                    ring.copy(from: viewers[index], most: most, to: &got)
                    let from = Int(viewers[index])
                    #expect(got[...] == written[from..<(from + got.count)], "seed \(seed)")
                    #expect(got.count == min(most, written.count - from), "seed \(seed)")
                    viewers[index] += UInt64(got.count)
                }
            }
        }
    }

    @Test("A tail begins after a line break, or at least not inside a character")
    func tails() {
        var ring = OutputRing(limit: 100)
        ring.append(String(repeating: "x", count: 95) + "\nabc\n")
        ring.append("more")
        #expect(ring.tail(most: 12) == 96)
        var text = OutputRing(limit: 1000)
        text.append(String(repeating: "é", count: 400))
        #expect(text.tail(most: 101) == 700)
        #expect(OutputRing(limit: 10).tail(most: 5) == 0)
    }

    @Test("Positions that were never there give nothing")
    func outside() {
        var ring = OutputRing(limit: 10)
        ring.append("0123456789abc")
        var got: [UInt8] = []
        for position in [UInt64(0), 2, 13, 14, .max] { ring.copy(from: position, most: 5, to: &got) }
        #expect(got.isEmpty && ring.start == 3)
    }
}
