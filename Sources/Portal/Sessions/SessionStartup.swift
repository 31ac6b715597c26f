public import Platform

/// How long sessions usually take to start, for progress pages that tell the truth.
///
/// A running estimate for each environment in which a new start weighs a quarter, so that it follows a machine that
/// becomes slower within a few starts and is not upset by one.
public struct SessionStartup: Sendable {
    private var usual: [EnvironmentName: Int64] = [:]

    public init() {}

    /// Records a start that took this many milliseconds.
    public mutating func took(_ milliseconds: Int64, in environment: EnvironmentName) {
        let sample = max(0, milliseconds)
        if let old = usual[environment] {
            usual[environment] = old + (sample - old) / 4
        } else {
            usual[environment] = sample
        }
    }

    /// Milliseconds that a start usually takes. `nil` before the first.
    public func usually(in environment: EnvironmentName) -> Int64? { usual[environment] }

    public mutating func forget(_ environment: EnvironmentName) { usual[environment] = nil }
}

/// How far a session has come, for its progress page.
public struct SessionProgress: Sendable, Equatable {
    public enum Step: Sendable, Equatable {
        /// Waits until a departing session has left its place, or for its turn.
        case waiting
        /// Its sandbox is being made, since this moment.
        case starting(since: Timestamp)
        case ready
    }
    public var step: Step
    /// Milliseconds that a start of this workshop usually takes, when known.
    public var usually: Int64?

    public init(step: Step, usually: Int64? = nil) {
        self.step = step
        self.usually = usually
    }
}
