/// Whether a portal can take visitors, and what is in the way.
public struct PortalReadiness: Sendable, Equatable {
    /// What has to be in order.
    public enum Part: String, Sendable, CaseIterable {
        /// The program is not about to end.
        case process
        /// Something can be written and was durable.
        case store
        /// The workshops of the definitions have environments.
        case definitions
        /// It has told what runs, and can make at least one workshop's sessions.
        case runtime
    }

    /// For operators, one sentence for each part that is not in order.
    public let problems: [Part: String]
    public var isReady: Bool { problems.isEmpty }

    /// What is known when the question is asked.
    struct Facts {
        var isStopping: Bool
        var storeFailure: PortalStoreError?
        var isRecovered: Bool
        /// Workshops that the portal offers.
        var offered: Int
        /// What is wrong with each environment that takes visitors or soon will; `nil` where nothing is.
        var environments: [String?]
    }

    init(_ facts: Facts) {
        var problems: [Part: String] = [:]
        if facts.isStopping { problems[.process] = "The program is stopping." }
        if let failure = facts.storeFailure { problems[.store] = "Nothing can be written: \(failure)." }
        if !facts.isRecovered {
            problems[.runtime] = "It is not known yet what runs."
        } else if let first = facts.environments.first, let problem = first,
            facts.environments.allSatisfy({ $0 != nil })
        {
            problems[.runtime] = "No workshop's sessions can be started. \(problem)"
        }
        if facts.environments.isEmpty && facts.offered > 0 {
            problems[.definitions] = "No workshop has an environment yet."
        }
        self.problems = problems
    }
}

/// Finds out whether the store can be written by writing to it, now and then: whoever asks often gets the last answer.
struct StoreProbe: Sendable {
    typealias Completion = @Sendable (PortalStoreError?) -> Void

    /// What a question leads to.
    enum Step {
        /// Fresh enough.
        case known(PortalStoreError?)
        /// This caller writes and tells `finished`.
        case write
        /// Somebody else is writing.
        case waiting
    }

    /// Milliseconds for which an answer holds.
    static let goodFor: Int64 = 5000
    static let badFor: Int64 = 1000

    private var last: (moment: Int64, failure: PortalStoreError?)?
    private var isWriting = false
    private var waiting: [Completion] = []

    var lastFailure: PortalStoreError? { last?.failure }

    /// - Parameter now: milliseconds of any clock.
    mutating func ask(now: Int64, _ completion: @escaping Completion) -> Step {
        if let last {
            let age = now - last.moment
            if age >= 0, age < (last.failure == nil ? StoreProbe.goodFor : StoreProbe.badFor) {
                return .known(last.failure)
            }
        }
        waiting.append(completion)
        if isWriting { return .waiting }
        isWriting = true
        return .write
    }

    /// - Returns: those to be answered.
    mutating func finished(now: Int64, _ failure: PortalStoreError?) -> [Completion] {
        last = (now, failure)
        isWriting = false
        defer { waiting = [] }
        return waiting
    }
}
