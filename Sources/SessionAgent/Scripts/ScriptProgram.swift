/// A script to run: what is started, and what it may use.
struct ScriptProgram: Sendable {
    /// An absolute path.
    var path: String
    var arguments: [String] = []
    /// `K=V`.
    var environment: [String]
    /// Where it begins.
    var folder: String
    /// Standard input, to its end.
    var input: [UInt8] = []
    /// Whether descriptor 3 is a file whose content is handed over at the end.
    var answersOnThree = false
    /// Seconds after which it is killed with everything that it started in its process group.
    var limit: Double
    /// Bytes of its output that are kept.
    var outputLimit: Int
}

/// How a script came to its end.
enum ScriptEnd: Sendable, Equatable {
    case exited(Int32)
    case killed(signal: Int32)
    case timedOut
    case cancelled
    /// It never ran; the number that the system gave for the reason.
    case notStarted(errno: Int32)

    var isSuccess: Bool { self == .exited(0) }
}

/// What is left of a script.
struct ScriptResult: Sendable {
    let end: ScriptEnd
    /// Standard output and standard error as they came.
    let output: BoundedText
    /// What it wrote to descriptor 3; `nil` where it was not asked to, or wrote more than fits.
    var answer: [UInt8]?
}
