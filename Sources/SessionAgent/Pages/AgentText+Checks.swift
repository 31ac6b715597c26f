/// What is said about checks and about the workshop's setup.
extension AgentText {
    // Checks
    static let checksAreOff = "Checks are not turned on in this workshop. Tell its author."
    static func noCheck(_ name: String) -> String {
        "This workshop has no check with the name \(name). Tell its author."
    }
    static func checkNotExecutable(_ name: String) -> String {
        "The check \(name) is not executable. Tell the author of the workshop."
    }
    static let badCheckRequest =
        "The check was asked for in a way that makes no sense. Tell the author of the workshop."
    static let tooManyChecks = "Several checks run already. Wait until one of them is done."
    static let checkBroke = "The check broke off. Try again."
    static let checkStopped = "The check was stopped."
    static let checkCannotStart =
        "The check could not be started: the lab has no room for another program. End one that runs, then try again."
    static func checkTookTooLong(seconds: Double) -> String {
        let rounded = seconds == seconds.rounded() ? String(Int(seconds)) : String(seconds)
        return "The check did not end within \(rounded) \(rounded == "1" ? "second" : "seconds")."
    }

    // Pages that wait for a check
    static let nextWaits = "The next page opens when the check on this page has passed."
    static let nextWaitsForSeveral = "The next page opens when the checks on this page have passed."
    static let pageLocked = "not open yet"
    static let lockedTitle = "This page is not open yet"
    static func lockedBy(_ title: String) -> String {
        "It opens when the check on the page “\(title)” has passed."
    }
    static let toThatPage = "Go to that page"

    // Setup
    static let settingUp = "Setting up, one moment."
    static let setupFailedTitle = "Something is missing in this lab"
    static let setupFailed =
        "A part of its preparation did not work. You can go on, but some steps may not do what the page says. The people "
        + "who run the workshop have been told."
    static let setupGoOn = "Go on"
    static let setupLog = "What setting up said"
    static let setupLogEmpty = "There is no log: the workshop has no setup scripts, or the file was removed."
    static let setupFine = "Every script ended well."
    static func setupFailedScripts(_ names: [String]) -> String { "Not in order: \(names.joined(separator: ", "))." }
    static let setupRuns = "It still runs. Load this page again to see more."
    static let setupLogForStaff = AgentText.Message(
        title: "This page is for authors", what: "It shows what the preparation of the lab said.",
        now: "Go back to your lab.")

    /// For the page's script, by the names it uses.
    static let checksScript: [(String, String)] = [
        ("checkRun", "Check"),
        ("checkAgain", "Check again"),
        ("checkSend", "Check my answers"),
        ("checkStop", "Stop"),
        ("checkRunning", "Checking"),
        ("checkRunningAgain", "Checking, attempt {n}"),
        ("checkRunningOf", "Checking, attempt {n} of {count}"),
        ("checkWaiting", "Not yet. Checking again in a moment."),
        ("checkPassed", "Passed"),
        ("checkFailed", "Not yet"),
        ("checkFailedAlone", "Not yet. Look at the step once more, then check again."),
        ("checkStopped", checkStopped),
        ("checkUnreachable", "The check could not be asked for. Try again."),
        ("checkBadURL", "This check would ask an address of another host than the lab's own, which is not allowed."),
        ("checkBadForm", "The form of this check is not one that can be shown. Tell the author of the workshop."),
        ("checkFillIn", "Fill in the form, then check your answers."),
        ("fieldRequired", "Please fill this in."),
        ("fieldShort", "This needs at least {n} characters."),
        ("fieldLong", "This may have at most {n} characters."),
        ("fieldNumber", "This must be a number."),
        ("fieldInteger", "This must be a whole number."),
        ("fieldLeast", "This must be at least {n}."),
        ("fieldMost", "This must be at most {n}."),
        ("fieldPattern", "This does not have the form that is asked for."),
        ("fieldChoose", "Choose"),
        ("nextIsOpen", "The next page is open."),
        ("settingUp", settingUp),
        ("setUp", "Your lab is ready."),
    ]
}
