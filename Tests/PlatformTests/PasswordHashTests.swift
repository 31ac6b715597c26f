import Platform
import Synchronization
import Testing

@Suite("Passwords are kept as hashes")
struct PasswordHashTests {
    private static let cost = PasswordCost.leastForTests

    @Test("The right password is recognised, every other one is not, and two hashes of one password differ")
    func rightAndWrong() throws {
        let hash = try PasswordHash.make("correct horse", cost: Self.cost)
        #expect(hash.text.hasPrefix("$argon2id$v=19$m=8,t=1,p=1$"))
        #expect(hash.verify("correct horse"))
        for wrong in ["", "correct horse ", "Correct horse", "correct hors", String(repeating: "x", count: 5000)] {
            #expect(!hash.verify(wrong), "\(wrong.prefix(20))")
        }
        #expect(try PasswordHash.make("correct horse", cost: Self.cost) != hash)
    }

    @Test("A hash survives the store, and a text that is none is not taken for one")
    func stored() throws {
        let hash = try PasswordHash.make("correct horse", cost: Self.cost)
        #expect(try #require(PasswordHash(stored: hash.text)).verify("correct horse"))
        for text in ["", "correct horse", "$2b$12$abcdefghijk", "$argon2i$v=19$m=8,t=1,p=1$abc$abc", "$argon2id$\n"] {
            #expect(PasswordHash(stored: text) == nil, "\(text)")
        }
        // One that begins well and holds nonsense matches no password.
        #expect(PasswordHash(stored: "$argon2id$nonsense").map { $0.verify("") } == false)
    }

    @Test("A hash made at another cost is to be made again")
    func outdated() throws {
        let hash = try PasswordHash.make("correct horse", cost: Self.cost)
        #expect(!hash.isOutdated(for: Self.cost))
        #expect(hash.isOutdated(for: PasswordCost(memory: 16 << 10, passes: 1)))
        #expect(hash.isOutdated(for: PasswordCost(memory: 8 << 10, passes: 2)))
    }

    @Test("Keyboards that write a letter in two ways write one password")
    func normalized() throws {
        let hash = try PasswordHash.make("Jos\u{e9} \u{FF11}2", cost: Self.cost)
        #expect(hash.verify("Jose\u{301} 12"))
        #expect(!hash.verify("Jose 12"))
    }

    @Test("A password that is longer than any is refused, not cut")
    func tooLong() throws {
        let longest = String(repeating: "x", count: PasswordHash.longestPassword)
        #expect(try PasswordHash.make(longest, cost: Self.cost).verify(longest))
        #expect(throws: PasswordHashFailure.self) { try PasswordHash.make(longest + "x", cost: Self.cost) }
    }

    @Test("Neither prints its secret")
    func secret() throws {
        let hash = try PasswordHash.make("correct horse", cost: Self.cost)
        #expect("\(hash)" == "(secret)")
        var dumped = ""
        dump(hash, to: &dumped)
        #expect(!dumped.contains("argon2"))
    }
}

@Suite("A few threads do what takes long")
struct WorkerThreadsTests {
    @Test("Everything that is taken is done once, and no more at once than there are threads")
    func bounded() async {
        let workers = WorkerThreads(name: "test", threads: 3, waiting: 1000)
        let state = Mutex((now: 0, most: 0, done: 0))
        let taken = (0..<200).count { _ in
            workers.run {
                state.withLock {
                    $0.now += 1
                    $0.most = max($0.most, $0.now)
                }
                for _ in 0..<100 { _ = SecretToken.random() }
                state.withLock {
                    $0.now -= 1
                    $0.done += 1
                }
            }
        }
        #expect(taken == 200)
        while state.withLock({ $0.done }) < 200 { await Task.yield() }
        let (most, done) = state.withLock { ($0.most, $0.done) }
        #expect(done == 200)
        #expect(most <= 3)
    }

    @Test("What finds the queue full is refused at once, and later work is taken again")
    func full() async {
        let workers = WorkerThreads(name: "test", threads: 1, waiting: 2)
        let gate = Gate()
        let done = Mutex(0)
        let taken = (0..<10).count { _ in
            workers.run {
                gate.wait()
                done.withLock { $0 += 1 }
            }
        }
        #expect(taken == 3)
        gate.open()
        while done.withLock({ $0 }) < 3 { await Task.yield() }
        #expect(workers.run { done.withLock { $0 += 1 } })
        while done.withLock({ $0 }) < 4 { await Task.yield() }
    }

    @Test("What waits is done when nobody holds the threads any more")
    func finish() async {
        let done = Mutex(0)
        do {
            let workers = WorkerThreads(name: "test", threads: 1, waiting: 50)
            for _ in 0..<20 { #expect(workers.run { done.withLock { $0 += 1 } }) }
        }
        while done.withLock({ $0 }) < 20 { await Task.yield() }
    }
}

/// Keeps threads waiting until it is opened.
private final class Gate: Sendable {
    private let isOpen = Atomic(false)
    func open() { isOpen.store(true, ordering: .releasing) }
    func wait() { while !isOpen.load(ordering: .acquiring) { pause() } }
    private func pause() { _ = SecretToken.random() }
}
