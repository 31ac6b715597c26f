internal import CLinux
internal import Glibc
internal import Platform
internal import Synchronization

/// One thread that waits for every shell at once, or for every script.
final class DescriptorLoop: Sendable {
    /// What a descriptor is ready for; one that has failed or was hung up counts as readable.
    struct Readiness: Sendable {
        let isReadable: Bool
        let hasRoom: Bool
    }
    typealias Handler = @Sendable (_ readiness: Readiness, _ buffer: UnsafeMutableRawBufferPointer) -> Void

    private struct State {
        var handlers: [UInt64: Handler] = [:]
        var jobs: [@Sendable () -> Void] = []
        var next: UInt64 = 1
        var thread: BackgroundThread?
        var isStopping = false
    }

    private let epoll: Int32
    private let wakeUp: Int32
    private let state = Mutex(State())

    private let name: String

    /// - Parameter name: of its thread, at most 15 bytes.
    init(name: String = "terminals") {
        self.name = name
        epoll = lectern_epoll_open()
        wakeUp = lectern_eventfd()
        _ = lectern_epoll_watch(epoll, Int32(LECTERN_EPOLL_ADD), wakeUp, 0, 0)
    }

    deinit {
        close(epoll)
        close(wakeUp)
    }

    /// Watches a descriptor for something to read until `forget`; the handler runs on the loop's thread. `nil` when the system refuses.
    func watch(_ descriptor: Int32, _ handler: @escaping Handler) -> UInt64? {
        let token = state.withLock { state in
            let token = state.next
            state.next += 1
            state.handlers[token] = handler
            return token
        }
        guard lectern_epoll_watch(epoll, Int32(LECTERN_EPOLL_ADD), descriptor, token, 0) == 0 else {
            state.withLock { _ = $0.handlers.removeValue(forKey: token) }
            return nil
        }
        return token
    }

    /// Watches for room to write as well, or no longer.
    func change(_ descriptor: Int32, _ token: UInt64, forRoom: Bool) {
        _ = lectern_epoll_watch(epoll, Int32(LECTERN_EPOLL_CHANGE), descriptor, token, forRoom ? 1 : 0)
    }

    /// Comes before the descriptor is closed.
    func forget(_ descriptor: Int32, _ token: UInt64) {
        _ = lectern_epoll_forget(epoll, descriptor)
        state.withLock { _ = $0.handlers.removeValue(forKey: token) }
    }

    /// Starts the thread unless it runs.
    func start() { state.withLock { startThread(&$0) } }

    private func startThread(_ state: inout State) {
        guard state.thread == nil, !state.isStopping else { return }
        state.thread = BackgroundThread(name: name) { [self] in loop() }
    }

    /// Runs a job on the loop's thread. Jobs given after `stop` are dropped.
    func run(_ job: @escaping @Sendable () -> Void) {
        state.withLock { state in
            guard !state.isStopping else { return }
            state.jobs.append(job)
            startThread(&state)
        }
        wake()
    }

    /// Ends the thread after the jobs that wait, and returns when it has ended.
    func stop() {
        let thread = state.withLock { state in
            state.isStopping = true
            defer { state.thread = nil }
            return state.thread
        }
        wake()
        thread?.join()
    }

    private func wake() {
        var one: UInt64 = 1
        _ = write(wakeUp, &one, 8)
    }

    private func loop() {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 * 1024, alignment: 16)
        defer { buffer.deallocate() }
        var events = [lectern_epoll_event](repeating: lectern_epoll_event(), count: 16)
        while true {
            let count = lectern_epoll_wait(epoll, &events, Int32(events.count), -1)
            if count < 0 && errno != EINTR { return }
            for event in events.prefix(Int(max(0, count))) {
                if event.id == 0 {
                    var number: UInt64 = 0
                    _ = read(wakeUp, &number, 8)
                } else if let handler = state.withLock({ $0.handlers[event.id] }) {
                    handler(Readiness(isReadable: event.is_readable != 0, hasRoom: event.has_room != 0), buffer)
                }
            }
            let (jobs, isStopping) = state.withLock { state in
                defer { state.jobs = [] }
                return (state.jobs, state.isStopping)
            }
            for job in jobs { job() }
            if isStopping { return }
        }
    }
}
