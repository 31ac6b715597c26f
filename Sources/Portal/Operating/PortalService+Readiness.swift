internal import Platform
internal import Synchronization

extension PortalService {
    /// Whether visitors can be taken. Writes to the store at most every five seconds, however often it is asked.
    /// - Parameter completion: called once, perhaps on the store's thread; it must not block.
    public func readiness(_ completion: @escaping @Sendable (PortalReadiness) -> Void) {
        let answer: StoreProbe.Completion = { [self] failure in completion(readiness(storeFailure: failure)) }
        let now = clock.now().milliseconds
        switch probe.withLock({ $0.ask(now: now, answer) }) {
        case .known(let failure): answer(failure)
        case .waiting: break
        case .write:
            store.write(
                { try $0.setSetting("last-readiness-check", to: Array("\(now)".utf8)) },
                completion: { [self] result in
                    var failure: PortalStoreError?
                    if case .failure(let error) = result {
                        failure = error as? PortalStoreError ?? .failed(detail: "\(error)")
                    }
                    let waiting = probe.withLock { [failure] in $0.finished(now: clock.now().milliseconds, failure) }
                    for completion in waiting { completion(failure) }
                })
        }
    }

    /// The same by what was found out last about the store, without waiting for it.
    public var readinessAsKnown: PortalReadiness { readiness(storeFailure: probe.withLock { $0.lastFailure }) }

    private func readiness(storeFailure: PortalStoreError?) -> PortalReadiness {
        var failure = storeFailure
        var problems: [String?] = []
        do {
            problems = try catalog().entries.map(\.environment.problem)
        } catch {
            failure = failure ?? error as? PortalStoreError ?? .failed(detail: "\(error)")
        }
        return PortalReadiness(
            PortalReadiness.Facts(
                isStopping: isStopping, storeFailure: failure, isRecovered: reconciler.isRecovered,
                offered: failure == nil ? definitions.portal.workshops.count : 0, environments: problems))
    }
}
