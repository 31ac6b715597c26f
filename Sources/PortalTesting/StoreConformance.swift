public import Portal

/// The rules of `PortalStore`, one check each, for any engine.
///
/// A test runs every check on a fresh, empty store:
/// ```
/// @Test("The store keeps its contract", arguments: StoreConformance.checks)
/// func contract(check: StoreCheck) async throws { try await check.run { try MyStore() } }
/// ```
public enum StoreConformance {
    public static let checks: [StoreCheck] =
        environmentChecks + sessionChecks + sessionQueryChecks + userChecks + detailsChecks + accountChecks
        + tokenChecks
        + purgeChecks
        + transactionChecks
        + countChecks + eventChecks + adminChecks
}

/// One rule of the contract.
public struct StoreCheck: Sendable, CustomStringConvertible {
    /// The rule, as a sentence.
    public let description: String
    private let body: @Sendable (any PortalStore) async throws -> Void

    init(_ description: String, _ body: @escaping @Sendable (any PortalStore) async throws -> Void) {
        self.description = description
        self.body = body
    }

    /// Runs the check and closes the store.
    /// - Parameter makeStore: makes an empty store that nobody else uses.
    /// - Throws: `StoreConformanceFailure`, or what the store throws where it should not.
    public func run(on makeStore: () throws -> any PortalStore) async throws {
        let store = try makeStore()
        defer { store.close() }
        try await body(store)
    }
}

/// The store broke the rule.
public struct StoreConformanceFailure: Error, CustomStringConvertible {
    public let description: String
}

/// - Throws: `StoreConformanceFailure` when the condition does not hold.
func require(
    _ condition: Bool, _ what: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) throws {
    if !condition { throw StoreConformanceFailure(description: "\(file):\(line): \(what())") }
}

func requireEqual<Value: Equatable>(
    _ found: Value?, _ expected: Value?, _ what: String, file: StaticString = #fileID, line: UInt = #line
) throws {
    func text(_ value: Value?) -> String { value.map { "\($0)" } ?? "nothing" }
    try require(
        found == expected, "\(what): found \(text(found)), expected \(text(expected))", file: file, line: line)
}

/// - Returns: the error that the work must throw.
func requireFailure<Value>(
    _ what: String, file: StaticString = #fileID, line: UInt = #line, _ work: () async throws -> Value
) async throws -> any Error {
    do {
        _ = try await work()
    } catch {
        return error
    }
    throw StoreConformanceFailure(description: "\(file):\(line): \(what) did not fail")
}

/// - Throws: `StoreConformanceFailure` unless the work fails with `PortalStoreError.failed`.
func requireRefusal<Value>(
    _ what: String, file: StaticString = #fileID, line: UInt = #line, _ work: () async throws -> Value
) async throws {
    let error = try await requireFailure(what, file: file, line: line, work)
    if case .failed? = error as? PortalStoreError { return }
    throw StoreConformanceFailure(description: "\(file):\(line): \(what) failed with \(error)")
}
