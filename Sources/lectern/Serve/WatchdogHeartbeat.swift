internal import Dispatch
internal import PortalStorage
internal import Synchronization

/// Shows systemd's watchdog that the program lives, as long as its store gets things done. A program whose writer hangs
/// answers nobody who launches: it is better started again.
final class WatchdogHeartbeat: Sendable {
    private let manager: ServiceManager
    private let store: SQLitePortalStore
    private let interval: DispatchTimeInterval
    private let queue = DispatchQueue(label: "lectern.watchdog")
    private let isOver = Atomic(false)

    /// `nil` where nobody watches.
    init?(_ manager: ServiceManager, store: SQLitePortalStore) {
        guard let watchdog = manager.watchdog else { return nil }
        self.manager = manager
        self.store = store
        interval = .microseconds(max(1000, watchdog / 2))
    }

    func begin() {
        guard !isOver.load(ordering: .relaxed) else { return }
        // Nothing is written, so that nothing goes to the disk.
        store.write(
            { _ in },
            completion: { [manager] result in
                if case .success = result { manager.alive() }
            })
        queue.asyncAfter(deadline: .now() + interval) { self.begin() }
    }

    func end() { isOver.store(true, ordering: .relaxed) }
}
