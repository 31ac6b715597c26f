internal import Platform
internal import Portal
internal import Synchronization

/// Slows down whoever guesses the access code, by address. Nine wrong ones cost nothing: typing mistakes, also those of a
/// class behind one address.
final class GuessThrottle: Sendable {
    private let backOff = Mutex(BackOff(free: 9))

    /// Seconds that this address still has to wait before it may try again, `nil` when it may now.
    func wait(of address: String, at now: Timestamp) -> Int? { backOff.withLock { $0.wait(of: address, at: now) } }

    func wasWrong(_ address: String, at now: Timestamp) { backOff.withLock { $0.wasWrong(address, at: now) } }

    func wasRight(_ address: String) { backOff.withLock { $0.wasRight(address) } }
}
