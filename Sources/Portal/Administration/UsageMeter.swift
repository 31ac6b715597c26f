internal import Synchronization

/// What a session takes of the machine, for people.
public struct SessionLoad: Sendable, Equatable {
    /// Bytes.
    public var memory: Int
    /// Of one processor, since the last sample: 150 is one and a half. `nil` before there are two samples.
    public var processorPercent: Int?

    public init(memory: Int, processorPercent: Int? = nil) {
        self.memory = memory
        self.processorPercent = processorPercent
    }
}

/// Asks the runtime what sessions take. It works only when it is asked to: who watches nobody costs nothing.
public final class UsageMeter: Sendable {
    private struct Sample {
        var usage: SessionUsage
        var at: ContinuousClock.Instant
    }
    private let runtime: any SessionRuntime
    private let last = Mutex<[SessionName: Sample]>([:])

    /// Sessions asked at the same time.
    private static let questions = 8

    init(_ runtime: any SessionRuntime) { self.runtime = runtime }

    /// Samples these sessions; what was known of others is forgotten. Sessions that tell nothing are left out.
    public func sample(_ sessions: [SessionName]) async -> [SessionName: SessionLoad] {
        let found = await withTaskGroup(of: (SessionName, Sample?).self) { group in
            var found: [SessionName: Sample] = [:]
            var waiting = sessions.makeIterator()
            func askNext() {
                guard let session = waiting.next() else { return }
                group.addTask { [runtime] in
                    let usage = await runtime.usage(of: session)
                    return (session, usage.map { Sample(usage: $0, at: .now) })
                }
            }
            for _ in 0..<UsageMeter.questions { askNext() }
            for await (session, sample) in group {
                found[session] = sample
                askNext()
            }
            return found
        }
        return last.withLock { last in
            defer { last = found }
            return Dictionary(
                uniqueKeysWithValues: found.map { name, sample in
                    let share = last[name].flatMap { old in
                        UsageMeter.percent(
                            from: old.usage, to: sample.usage, milliseconds: (sample.at - old.at).inMilliseconds)
                    }
                    return (name, SessionLoad(memory: sample.usage.memory, processorPercent: share))
                })
        }
    }

    /// The share of one processor between two samples; `nil` when they are too close to tell.
    static func percent(from old: SessionUsage, to new: SessionUsage, milliseconds: Int) -> Int? {
        guard milliseconds >= 100 else { return nil }
        // Time of processes that have ended may be missing: that is no work that was undone.
        let worked = max(0, new.processorTime - old.processorTime)
        return (worked / 10 + milliseconds / 2) / milliseconds
    }
}

extension Duration {
    fileprivate var inMilliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
