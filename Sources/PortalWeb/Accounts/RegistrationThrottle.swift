internal import Platform
internal import Portal
internal import Synchronization

/// Counts anonymous users made without a launch, by address, with the limits that launches have.
final class RegistrationThrottle: Sendable {
    private let throttle = Mutex(LaunchThrottle())

    /// - Returns: `nil` when another one may be made, else seconds to wait.
    func admit(_ address: String, _ limits: LaunchLimits, at now: Timestamp) -> Int? {
        throttle.withLock { $0.admit(address: address, visitor: nil, limits: limits, now: now) }
    }
}
