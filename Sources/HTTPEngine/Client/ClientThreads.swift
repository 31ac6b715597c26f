public import HTTP
internal import Platform
internal import Synchronization

/// Sends requests on threads of its own, so that a peer that hangs holds up nobody but those who wait for the same peer.
/// Threads start when they are needed and end with `stop`.
public final class ClientThreads: Sendable {
    private struct Job: Sendable {
        let request: HTTPClientRequest
        let client: any HTTPClient
        let completion: @Sendable (Result<HTTPClientResponse, HTTPClientError>) -> Void
    }

    private struct State {
        var jobs: [Job] = []
        var threads = 0
        var idle = 0
        var isStopping = false
    }

    private let state = Mutex(State())
    private let limit: Int
    private let semaphore = ThreadSemaphore()

    /// - Parameter limit: threads, and so requests under way, at most.
    public init(limit: Int) { self.limit = max(1, limit) }

    /// Queues a request; never blocks.
    /// - Parameter completion: called once, on one of the threads, or at once after `stop`.
    public func send(
        _ request: HTTPClientRequest, with client: any HTTPClient,
        completion: @escaping @Sendable (Result<HTTPClientResponse, HTTPClientError>) -> Void
    ) {
        let isAccepted = state.withLock { state in
            guard !state.isStopping else { return false }
            if state.idle <= state.jobs.count && state.threads < limit && startThread() { state.threads += 1 }
            guard state.threads > 0 else { return false }
            state.jobs.append(Job(request: request, client: client, completion: completion))
            return true
        }
        guard isAccepted else { return completion(.failure(HTTPClientError(.other, "no thread to send with"))) }
        semaphore.post()
    }

    /// Takes no more requests; those that wait are answered with a failure, and threads end by themselves.
    public func stop() {
        let (jobs, threads) = state.withLock { state in
            state.isStopping = true
            defer { state.jobs = [] }
            return (state.jobs, state.threads)
        }
        for job in jobs { job.completion(.failure(HTTPClientError(.other, "the program ends"))) }
        for _ in 0..<threads { semaphore.post() }
    }

    private func startThread() -> Bool {
        // Resolving names and TLS need more than the smallest stack, and far less than the usual 8 MiB.
        guard let thread = BackgroundThread(name: "http-client", stack: 512 * 1024, { self.work() }) else {
            return false
        }
        thread.detach()
        return true
    }

    private func work() {
        while true {
            state.withLock { $0.idle += 1 }
            semaphore.wait()
            let (job, isOver) = state.withLock { state -> (Job?, Bool) in
                state.idle -= 1
                guard !state.jobs.isEmpty else { return (nil, state.isStopping) }
                return (state.jobs.removeFirst(), false)
            }
            if isOver { return state.withLock { $0.threads -= 1 } }
            guard let job else { continue }
            let result: Result<HTTPClientResponse, HTTPClientError>
            do throws(HTTPClientError) {
                result = .success(try job.client.send(job.request))
            } catch {
                result = .failure(error)
            }
            job.completion(result)
        }
    }
}
