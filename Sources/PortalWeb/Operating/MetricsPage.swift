internal import Platform
internal import Portal

/// `/metrics`: every figure of the portal, in Prometheus's text format. Documentation/operating.md lists them.
///
/// Names follow Prometheus's naming guide: base units, `_total` for what only grows. What is added here is added to the
/// list and, if it helps, to the dashboard.
struct MetricsPage {
    private var text = MetricsText()
    private let service: PortalService
    private let requests: RequestMeasures

    var bytes: [UInt8] { text.bytes }

    init(service: PortalService, requests: RequestMeasures, version: String) {
        self.service = service
        self.requests = requests
        text.gauge("lectern_build_info", "Always 1; the label says which program this is.") {
            $0.add(1, [("version", version)])
        }
        let sessions = readSessions()
        state(isStoreReadable: sessions != nil)
        if let sessions { write(sessions) }
        launches()
        runtime()
        store()
        http()
        webhooks()
        counters()
        process()
    }

    private mutating func state(isStoreReadable: Bool) {
        text.gauge(
            "lectern_ready", "Whether visitors can be taken, as /readyz says.",
            isStoreReadable && service.readinessAsKnown.isReady ? 1 : 0)
        let measures = service.measures
        text.gauge(
            "lectern_definitions_last_reload_successful", "0 when changed definitions had mistakes and were not taken.",
            1 - measures.definitionsRefused.value)
        text.gauge(
            "lectern_definitions_last_reload_success_timestamp_seconds",
            "When changed definitions were last taken; 0 before the first time.",
            Double(measures.definitionsTaken.value) / 1000)
    }

    // MARK: Sessions

    private typealias Sessions = (
        environments: [WorkshopEnvironment], counts: [EnvironmentName: [SessionState: Int]]
    )

    /// `nil` when the store cannot be read: `lectern_ready` tells of that, and the rest of the page is needed all the more.
    private func readSessions() -> Sessions? {
        do {
            return try service.store.read { (try $0.environments(), try $0.countsByState()) }
        } catch {
            return nil
        }
    }

    private mutating func write(_ found: Sessions) {
        text.gauge(
            "lectern_sessions_maximum", "Sessions of the whole portal at most; 0 means no limit.",
            service.definitions.portal.maximumSessions)
        func labels(_ environment: WorkshopEnvironment) -> [MetricsText.Label] {
            [("environment", environment.name.rawValue), ("workshop", environment.workshop)]
        }
        let live: [SessionState] = [.starting, .waiting, .running, .stopping]
        text.gauge("lectern_sessions", "Sessions that are not over, by state.") { samples in
            for environment in found.environments {
                for state in live {
                    samples.add(
                        found.counts[environment.name]?[state] ?? 0,
                        labels(environment) + [("state", state.rawValue)])
                }
            }
        }
        text.gauge("lectern_environment_up", "Whether an environment takes visitors and nothing is wrong with it.") {
            for environment in found.environments {
                let isUp = environment.state == .running && environment.problem == nil
                $0.add(isUp ? 1 : 0, labels(environment))
            }
        }
        text.gauge("lectern_environment_capacity", "Sessions of an environment at most.") {
            for environment in found.environments { $0.add(environment.limits.capacity, labels(environment)) }
        }
        text.gauge("lectern_environment_reserved", "Sessions of an environment to be held ready.") {
            for environment in found.environments { $0.add(environment.limits.reserved, labels(environment)) }
        }
    }

    // MARK: Launches

    private mutating func launches() {
        let counters = service.counters
        let outcomes: [(String, [PortalCounters.Counter])] = [
            ("reused", [.launchesReused]), ("reserved", [.launchesFromReserve]), ("started", [.launchesStarted]),
            ("in_place_of_reserved", [.launchesInPlaceOfReserved]),
            ("refused", MetricsPage.refusals.map(\.counter)), ("failed", [.launchesFailed]),
        ]
        text.counter("lectern_launches_total", "Launches, by what came of them.") { samples in
            for (outcome, parts) in outcomes {
                samples.add(parts.reduce(0) { $0 + counters[$1] }, [("outcome", outcome)])
            }
        }
        text.counter("lectern_launches_refused_total", "Launches that were refused, by the reason.") {
            for (reason, counter) in MetricsPage.refusals { $0.add(counters[counter], [("reason", reason)]) }
        }
        text.counter(
            "lectern_reserve_hits_total", "Launches for which a reserved session was there.",
            counters[.launchesFromReserve])
        text.counter(
            "lectern_reserve_misses_total", "Launches for which a session had to be made.",
            counters[.launchesStarted] + counters[.launchesInPlaceOfReserved])
        text.histogram("lectern_launch_stage_seconds", "The parts of a launch, one after the other.") {
            for stage in PortalMeasures.LaunchStage.allCases {
                $0.add(service.measures[stage].snapshot, [("stage", "\(stage)")])
            }
        }
    }

    private static let refusals: [(reason: String, counter: PortalCounters.Counter)] = [
        ("unknown", .refusedUnknown), ("no_capacity", .refusedNoCapacity), ("portal_full", .refusedPortalFull),
        ("user_limit", .refusedUserLimit), ("not_ready", .refusedNotReady), ("stopping", .refusedStopping),
        ("too_many", .refusedTooMany), ("sign_in_required", .refusedSignInRequired),
        ("other_session", .refusedOtherSession), ("forbidden_user", .refusedForbiddenUser),
    ]

    // MARK: Engines

    private mutating func runtime() {
        let measures = service.measures
        let operations: [(String, Histogram, Int)] = [
            ("start", measures.runtimeStart, service.counters[.sessionsStartFailed]),
            ("stop", measures.runtimeStop, service.counters[.stopsFailed]),
            ("prepare", measures.runtimePrepare, measures.preparationsFailed.total),
        ]
        text.histogram("lectern_runtime_seconds", "What the runtime takes for one operation, failed ones included.") {
            for (name, histogram, _) in operations { $0.add(histogram.snapshot, [("operation", name)]) }
        }
        text.counter("lectern_runtime_failures_total", "Operations of the runtime that failed.") {
            for (name, _, failures) in operations { $0.add(failures, [("operation", name)]) }
        }
    }

    private mutating func store() {
        guard let measures = service.store.measures else { return }
        text.histogram(
            "lectern_store_commit_seconds", "From a commit's first write until it is durable.", measures.commit.snapshot
        )
        text.histogram("lectern_store_commit_writes", "Writes that shared a commit.", measures.batch.snapshot)
        text.histogram("lectern_store_read_seconds", "Reads of the store.", measures.read.snapshot)
        text.counter(
            "lectern_store_commit_failures_total", "Commits that failed; nothing of them counts.",
            measures.commitsFailed.total)
        text.gauge("lectern_store_log_bytes", "Length of the write-ahead log.", measures.logBytes.value)
    }

    private mutating func http() {
        text.counter("lectern_http_requests_total", "Requests, by address and class of status.") { samples in
            requests.forEachCount { samples.add($2, [("route", $0), ("status", $1)]) }
        }
        text.histogram("lectern_http_request_duration_seconds", "From a request to its answer.") { samples in
            requests.forEachDuration { samples.add($1, [("route", $0)]) }
        }
    }

    // MARK: Events

    private mutating func webhooks() {
        let counters = service.counters
        text.gauge("lectern_webhook_backlog", "Events that wait to be delivered.", service.events.backlog)
        text.counter("lectern_webhook_events_total", "Events by what became of them.") {
            for (outcome, counter) in MetricsPage.events { $0.add(counters[counter], [("outcome", outcome)]) }
        }
        text.counter(
            "lectern_webhook_failures_total", "Attempts to deliver an event that failed.",
            counters[.eventAttemptsFailed])
    }

    private static let events: [(outcome: String, counter: PortalCounters.Counter)] = [
        ("recorded", .eventsRecorded), ("delivered", .eventsDelivered), ("given_up", .eventsGivenUp),
        ("dropped", .eventsDropped),
    ]

    // MARK: What else happened

    private mutating func counters() {
        let counters = service.counters
        let ends: [(String, PortalCounters.Counter)] = [
            ("deleted", .endedDeleted), ("expired", .endedExpired), ("orphaned", .endedOrphaned),
            ("start_failed", .endedStartFailed), ("vanished", .endedVanished), ("released", .endedReleased),
            ("not_activated", .endedNotActivated), ("terminated", .endedTerminated),
        ]
        text.counter("lectern_sessions_ended_total", "Sessions that were ended, by the reason.") {
            for (reason, counter) in ends { $0.add(counters[counter], [("reason", reason)]) }
        }
        let shown = Set(
            ends.map(\.1) + MetricsPage.refusals.map(\.counter) + MetricsPage.events.map(\.counter) + [
                .launchesReused, .launchesFromReserve, .launchesStarted, .launchesInPlaceOfReserved, .launchesFailed,
                .sessionsStartFailed, .stopsFailed, .eventAttemptsFailed,
            ])
        text.counter("lectern_events_total", "What else happened.") {
            for counter in PortalCounters.Counter.allCases where !shown.contains(counter) {
                $0.add(counters[counter], [("event", counter.name)])
            }
        }
    }

    /// The names are those that Prometheus's own libraries use.
    private mutating func process() {
        let figures = ProcessFigures.current()
        if let seconds = figures.processorSeconds {
            text.counter("process_cpu_seconds_total", "Processor time of the portal.") { $0.add(seconds) }
        }
        let gauges: [(String, String, Double?)] = [
            (
                "process_resident_memory_bytes", "Memory of the portal that is in use.",
                figures.residentBytes.map(Double.init)
            ),
            (
                "process_virtual_memory_bytes", "Memory of the portal that is reserved.",
                figures.virtualBytes.map(Double.init)
            ),
            ("process_threads", "Threads of the portal.", figures.threads.map(Double.init)),
            ("process_open_fds", "Open descriptors of the portal.", figures.openDescriptors.map(Double.init)),
            ("process_max_fds", "Descriptors of the portal at most.", figures.maximumDescriptors.map(Double.init)),
            ("process_start_time_seconds", "When the portal started, since 1970.", figures.startSeconds),
        ]
        for (name, help, value) in gauges { if let value { text.gauge(name, help, value) } }
    }
}
