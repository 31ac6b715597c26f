public import Platform

/// How long things take, since the start of the program: for metrics.
public final class PortalMeasures: Sendable {
    /// The parts of a launch, one after the other.
    public enum LaunchStage: Int, CaseIterable, Sendable {
        /// Until the store takes the launch up.
        case queue
        /// Reading, deciding and writing.
        case decision
        /// Until it is durable. Only launches that were not refused get here.
        case commit
        /// A sandbox is made, for somebody who waits for it.
        case start
        /// The answer is held back for a session that is not ready yet.
        case wait
        /// From the request to its answer.
        case whole
    }

    private let stages = LaunchStage.allCases.map { _ in Histogram.ofShortDurations() }
    /// Starting and stopping one sandbox, and making one environment's content ready; those that failed count too.
    public let runtimeStart = Histogram.ofDurations()
    public let runtimeStop = Histogram.ofDurations()
    public let runtimePrepare = Histogram.ofDurations()
    public let preparationsFailed = Count()
    /// When definitions were last taken, in milliseconds since 1970; 0 before the first reload.
    public let definitionsTaken = Gauge()
    /// 1 when the last reload was refused because of mistakes.
    public let definitionsRefused = Gauge()

    public init() {}

    public subscript(stage: LaunchStage) -> Histogram { stages[stage.rawValue] }

    public func record(_ stage: LaunchStage, _ watch: Stopwatch) { stages[stage.rawValue].record(watch) }
}

/// A value that a transaction has made, and since when it waits for its commit.
struct Decided<Value: Sendable>: Sendable {
    let value: Value
    let since = Stopwatch()
    init(_ value: Value) { self.value = value }
}
