internal import Platform

/// Counts wrong passwords by account and by address.
///
/// A try counts as wrong from the moment when it is let through until it has turned out right, so that many at once gain
/// nothing. A right one clears its account; of its address it takes back only itself, so that nobody can guess on behind
/// an account of their own.
struct SignInThrottle {
    var limits: SignInLimits {
        didSet {
            accounts.free = limits.failuresPerAccount
            accounts.longest = limits.longestWait
            addresses.free = limits.failuresPerAddress
            addresses.longest = limits.longestWait
        }
    }
    private var accounts: BackOff
    private var addresses: BackOff

    init(_ limits: SignInLimits) {
        self.limits = limits
        accounts = BackOff(free: limits.failuresPerAccount, longest: limits.longestWait)
        addresses = BackOff(free: limits.failuresPerAddress, longest: limits.longestWait)
    }

    /// - Parameter account: the key of the name, whether there is such an account or not.
    /// - Returns: `nil` when the try may go on, else seconds to wait.
    mutating func admit(account: String, address: String, now: Timestamp) -> Int? {
        let address = LaunchThrottle.network(of: address)
        let waits = [accounts.wait(of: account, at: now), addresses.wait(of: address, at: now)].compactMap(\.self)
        if let longest = waits.max() { return longest }
        accounts.wasWrong(account, at: now)
        addresses.wasWrong(address, at: now)
        return nil
    }

    mutating func wasRight(account: String, address: String, now: Timestamp) {
        accounts.wasRight(account)
        addresses.takeBack(LaunchThrottle.network(of: address), at: now)
    }

    /// Nobody found out whether it was right.
    mutating func takeBack(account: String, address: String, now: Timestamp) {
        accounts.takeBack(account, at: now)
        addresses.takeBack(LaunchThrottle.network(of: address), at: now)
    }
}
