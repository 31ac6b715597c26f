internal import Synchronization

/// What happened since the start of the program: for metrics and for tests. Each is exact and costs one atomic addition.
public final class PortalCounters: Sendable {
    public enum Counter: Int, CaseIterable, Sendable {
        case launchesReused, launchesFromReserve, launchesStarted, launchesInPlaceOfReserved
        case refusedUnknown, refusedNoCapacity, refusedPortalFull, refusedUserLimit, refusedNotReady, refusedStopping
        case refusedTooMany, refusedSignInRequired, refusedOtherSession, refusedForbiddenUser, launchesFailed
        case usersCreated
        case sessionsReady, sessionsStartFailed, sessionsStopped, stopsFailed
        case endedDeleted, endedExpired, endedOrphaned, endedStartFailed, endedVanished, endedReleased
        case endedNotActivated, endedTerminated
        case signIns, signInsRefused, registrations, passwordsQueueFull
        case extensions, activations, codesIssued, codesExchanged, codesRefused
        case tokensIssued, tokensRefused, refreshTokensReused
        /// Entries of the outbox: recorded, taken by their receivers, given up because nobody took them in time, dropped
        /// because there were too many or nobody wanted them any more. Attempts to deliver that failed.
        case eventsRecorded, eventsDelivered, eventsGivenUp, eventsDropped, eventAttemptsFailed
        /// Reports from inside sessions that were turned away.
        case eventsRefused

        /// `launches_from_reserve`: the name in metrics, without prefix.
        public var name: String {
            String(describing: self).reduce(into: "") { text, letter in
                if letter.isUppercase { text += "_" + letter.lowercased() } else { text.append(letter) }
            }
        }
    }

    // One cell for each counter; a class of atomics, because atomics cannot be elements of an array.
    private final class Cell: Sendable {
        let value = Atomic<Int>(0)
    }
    private let cells = Counter.allCases.map { _ in Cell() }

    public init() {}

    public func add(_ counter: Counter, _ amount: Int = 1) {
        cells[counter.rawValue].value.add(amount, ordering: .relaxed)
    }

    public subscript(counter: Counter) -> Int { cells[counter.rawValue].value.load(ordering: .relaxed) }
}

extension PortalCounters.Counter {
    init(_ refusal: LaunchRefusal) {
        self =
            switch refusal {
            case .unknown: .refusedUnknown
            case .noCapacity: .refusedNoCapacity
            case .portalFull: .refusedPortalFull
            case .userLimit: .refusedUserLimit
            case .environmentNotReady: .refusedNotReady
            case .environmentStopping: .refusedStopping
            case .tooMany: .refusedTooMany
            case .signInRequired: .refusedSignInRequired
            case .otherSession: .refusedOtherSession
            case .forbiddenUser: .refusedForbiddenUser
            }
    }

    init(_ end: SessionEnd) {
        self =
            switch end {
            case .deleted: .endedDeleted
            case .expired: .endedExpired
            case .orphaned: .endedOrphaned
            case .startFailed: .endedStartFailed
            case .vanished: .endedVanished
            case .released: .endedReleased
            case .notActivated: .endedNotActivated
            case .terminated: .endedTerminated
            }
    }
}
