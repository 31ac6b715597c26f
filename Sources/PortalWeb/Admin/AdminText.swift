internal import Portal

/// What staff reads.
extension PortalText {
    static let adminTitle = "Sessions"
    static let adminLog = "Log"
    static let adminNavigation = "For staff"
    static func adminSummary(active: Int, allocated: Int) -> String {
        "\(grouped(active)) \(active == 1 ? "session" : "sessions"), \(grouped(allocated)) with an owner"
    }
    static let adminLive = "Live"
    static let adminNotLive = "Not live: reload to see what has changed."
    static let adminConnecting = "Connecting"
    static let adminLost = "The portal does not answer. Trying again."

    static let environmentsHeading = "Environments"
    static let sessionsHeading = "Sessions"
    static let environment = "Environment"
    static let workshop = "Workshop"
    static let state = "State"
    static let capacity = "Capacity"
    static let reserve = "Reserve"
    static let available = "Ready"
    static let allocated = "With owner"
    static let actions = "Actions"
    static let sessionColumn = "Session"
    static let owner = "Owner"
    static let nobody = "nobody yet"
    static let page = "Page"
    static func page(_ number: Int, of total: Int) -> String { "\(number) of \(total)" }
    static let timeLeft = "Time left"
    static let memory = "Memory"
    static let processor = "CPU"
    static let noEnd = "no end"
    static let unknownValue = "–"

    static func state(_ state: EnvironmentState) -> String {
        switch state {
        case .starting: "being made ready"
        case .running: "open"
        case .stopping: "closing"
        case .stopped: "closed"
        }
    }

    static func standing(_ standing: SessionLine.Standing) -> String {
        switch standing {
        case .starting: "starting"
        case .reserved: "in reserve"
        case .offered: "waits for its learner"
        case .entering: "starting for its learner"
        case .inUse: "in use"
        case .expiring: "ends soon"
        case .stopping: "stopping"
        case .ended(let end): end.map { "ended: \(reason($0))" } ?? "ended"
        }
    }

    private static func reason(_ end: SessionEnd) -> String {
        switch end {
        case .deleted: "by its learner"
        case .expired: "time was up"
        case .orphaned: "nobody looked at it"
        case .startFailed: "it did not start"
        case .vanished: "its sandbox was gone"
        case .released: "not needed"
        case .notActivated: "its link was not used"
        case .terminated: "by staff"
        }
    }

    // Choosing what to see
    static let filterLabel = "Choose sessions"
    static let everyEnvironment = "All"
    static let searchLabel = "Name or owner"
    static let searchButton = "Show"
    static let clearFilter = "Show all"
    static let orderLabel = "Order"
    static func states(_ states: AdminView.States) -> String {
        switch states {
        case .active: "all but ended"
        case .starting: "starting"
        case .waiting: "in reserve or waiting"
        case .running: "in use"
        case .stopping: "stopping"
        case .stopped: "ended"
        case .all: "all"
        }
    }
    static func order(_ order: SessionListing.Order) -> String {
        switch order {
        case .newest: "newest first"
        case .name: "by name"
        case .ending: "ending first"
        }
    }
    static let endingNote = "Sessions without an end are not in this order."
    static let noSessions = "No session is like that."
    static let firstPage = "First page"
    static let earlierPage = "Previous"
    static let laterPage = "Next"
    static let pages = "Pages"

    // Deeds
    static func extendButton(_ minutes: Int) -> String { "+\(minutes) min" }
    static let expireButton = "Let it end in a minute"
    static let terminateButton = "End now"
    static let openButton = "Open"
    static let refreshButton = "Replace"
    static let endSessionsButton = "End all of them"
    static let purgeButton = "Forget ended sessions"
    static func actionsFor(_ target: String) -> String { "for \(target)" }

    static let no = "Go back"

    static func question(_ action: AdminAction) -> (title: String, text: String, yes: String) {
        switch action {
        case .refresh(let environment):
            (
                "Replace \(environment)?",
                "A new environment takes the next visitors. Labs that learners have open run on until they end.",
                refreshButton
            )
        case .endSessions(let user):
            (
                "End all labs of \(user)?",
                "Everything in them is deleted: files, terminals, and whatever still runs there.", "End them"
            )
        case .purgeEnded:
            (
                "Forget ended sessions?",
                "Learners who reload the page of a lab that has ended are no longer led back to where they came from.",
                "Forget them"
            )
        default: ("End \(action.target)?", endText, "End it")
        }
    }

    /// What came of a deed: whether it is what was wanted, and in words.
    static func done(_ entry: AuditEntry) -> (isGood: Bool, text: String) {
        let target = entry.target
        switch entry.outcome {
        case .extended: return (true, "\(target) goes on for \(length(seconds: entry.amount)) longer.")
        case .atDeadline: return (false, "\(target) goes on as long as it may already. Nothing was changed.")
        case .movedBefore:
            return (false, "The end of \(target) had been moved in the meantime. Nothing was changed by this.")
        case .neverEnds: return (false, "\(target) has no end that could be moved.")
        case .notRunning: return (false, "\(target) is not in use now. Nothing was changed.")
        case .expiring: return (true, "\(target) ends in a minute.")
        case .ended where entry.action == .endSessions:
            let labs = entry.amount == 1 ? "One lab" : "\(entry.amount) labs"
            return (true, "\(labs) of \(target) \(entry.amount == 1 ? "is" : "are") being ended.")
        case .ended: return (true, "\(target) is being ended.")
        case .endedBefore where entry.action == .endSessions: return (true, "\(target) has no lab.")
        case .endedBefore: return (true, "\(target) had ended before.")
        case .opened: return (true, "\(target) was opened.")
        case .refreshed: return (true, "\(target) is being replaced.")
        case .replacedBefore: return (true, "\(target) had been replaced before.")
        case .notDefined:
            return (false, "The workshop of \(target) is not defined any more, so nothing can take its place.")
        case .purged:
            let sessions = entry.amount == 1 ? "One ended session is" : "\(grouped(entry.amount)) ended sessions are"
            return (true, "\(sessions) forgotten.")
        case .unknown: return (false, "There is no \(target) any more.")
        }
    }

    // A user
    static func userTitle(_ user: UserID) -> String { "Labs of \(user)" }
    static func kind(_ kind: PortalUser.Kind) -> String {
        switch kind {
        case .anonymous: "anonymous visitor"
        case .registered: "registered user"
        case .staff: "staff"
        case .robot: "program"
        }
    }
    static func joined(_ kind: PortalUser.Kind, _ moment: String) -> String { "\(self.kind(kind)), since \(moment)" }
    static let unknownUser = "There is no user of that name."
    static let allSessions = "All sessions"

    // The log
    static let logTitle = "What staff did"
    static let logEmpty = "Nothing yet."
    static let when = "When"
    static let who = "Who"
    static let what = "What"
    static let outcome = "What came of it"
    static func action(_ action: AuditEntry.Action) -> String {
        switch action {
        case .extend: "extend"
        case .expire: "let expire"
        case .terminate: "end"
        case .open: "open"
        case .refresh: "replace"
        case .endSessions: "end all"
        case .purge: "forget ended"
        }
    }
    static let olderEntries = "Older"

    // Who may not
    static let notStaffTitle = "For staff only"
    static let notStaff = "This page is for those who look after the portal, and this browser is not signed in as one."
    static let notStaffAdvice = "Sign in with an account that is."

    /// `12345` as `12,345`.
    static func grouped(_ number: Int) -> String {
        var text = ""
        for (place, digit) in String(number).reversed().enumerated() {
            if place > 0 && place % 3 == 0 && digit != "-" { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }

    /// Seconds as a clock that runs down: `7:05`, `1:07:05`.
    static func clock(seconds: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let seconds = max(0, seconds)
        let minutes = seconds / 60
        if minutes < 60 { return "\(minutes):\(two(seconds % 60))" }
        return "\(minutes / 60):\(two(minutes % 60)):\(two(seconds % 60))"
    }

    /// Bytes of memory.
    static func amount(bytes: Int) -> String {
        let mebibytes = (bytes + 1 << 19) >> 20
        if mebibytes < 1024 { return "\(mebibytes) MiB" }
        let tenths = (mebibytes * 10 + 512) / 1024
        return "\(tenths / 10).\(tenths % 10) GiB"
    }

    static func percent(_ percent: Int?) -> String { percent.map { "\($0) %" } ?? unknownValue }
}
