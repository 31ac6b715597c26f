internal import Dispatch
internal import Platform
internal import Portal
internal import Synchronization

/// Takes changed definitions into a running portal: at SIGHUP, or by itself with `--watch`.
final class DefinitionWatcher: Sendable {
    private struct State {
        var paths: [String]
        var seen: DefinitionFingerprint
    }

    private let sources: [String]
    private let portal: String?
    private let log: Log
    private let queue = DispatchQueue(label: "lectern.definitions")
    private let isOver = Atomic(false)
    private let state: Mutex<State>

    init(_ configuration: ServeConfiguration, watching paths: [String], log: Log) {
        sources = configuration.paths
        portal = configuration.portalName
        self.log = log
        state = Mutex(State(paths: paths, seen: DefinitionFingerprint(watching: paths)))
    }

    /// Looks every second.
    /// - Parameter take: is given the changed definitions, or `nil` when they have mistakes.
    func begin(_ take: @escaping @Sendable (PortalDefinitions?) -> Void) {
        queue.asyncAfter(deadline: .now() + 1) { [self] in
            guard !isOver.load(ordering: .relaxed) else { return }
            let (paths, seen) = state.withLock { ($0.paths, $0.seen) }
            if DefinitionFingerprint(watching: paths) != seen { load(take) }
            begin(take)
        }
    }

    func end() { isOver.store(true, ordering: .relaxed) }

    /// Reads the files again now.
    func reload(_ take: @escaping @Sendable (PortalDefinitions?) -> Void) { queue.async { [self] in load(take) } }

    /// Definitions with errors are told of and change nothing.
    private func load(_ take: (PortalDefinitions?) -> Void) {
        // The look from outside comes before the reading, so that what is written in between is seen the next time.
        var paths = state.withLock { $0.paths }
        var seen = DefinitionFingerprint(watching: paths)
        var load = DefinitionLoader.load(paths: sources, portal: portal)
        if load.watchedPaths != paths {
            paths = load.watchedPaths
            seen = DefinitionFingerprint(watching: paths)
            load = DefinitionLoader.load(paths: sources, portal: portal)
        }
        state.withLock { [paths, seen] in $0 = State(paths: paths, seen: seen) }
        for finding in load.problems {
            if finding.severity == .error {
                log.error("definition", ("finding", finding.text))
            } else {
                log.warning("definition", ("finding", finding.text))
            }
        }
        guard !load.hasErrors, let portal = load.portal else {
            log.error("definitions not taken: the portal goes on with those it has")
            return take(nil)
        }
        take(PortalDefinitions(portal: portal, workshops: Array(load.workshops.values)))
        log.info("definitions taken", ("workshops", load.workshops.count))
    }
}
