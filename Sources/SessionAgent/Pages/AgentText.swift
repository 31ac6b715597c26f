/// Every text that a learner sees from the agent, in one place, so that it can be translated. The script's own texts are
/// handed to it from here.
enum AgentText {
    // Instructions
    static let instructions = "Instructions"
    static let contents = "Contents"
    static let previous = "Previous"
    static let next = "Next"
    static let noInstructions = "This workshop has no instructions. The terminal is yours."
    static let pageMissing = "There is no such page in this workshop."
    static let pageUnreadable = "This page of the instructions cannot be shown. Tell the author of the workshop."
    static func step(_ step: Int, of count: Int) -> String { "Step \(step) of \(count)" }
    static func blockLabel(_ kind: String) -> String {
        switch kind {
        case "warning": "Warning"
        case "danger": "Danger"
        case "tip": "Tip"
        case "important": "Important"
        case "caution": "Caution"
        default: "Note"
        }
    }

    // Code blocks
    static let copy = "Copy"
    static let run = "Run"
    static let type = "Type"
    static let interrupt = "Interrupt"
    static let clear = "Clear the terminal"
    static func run(in terminals: [String]) -> String {
        terminals.count == 1 ? "Run in terminal \(terminals[0])" : "Run in all terminals"
    }
    static func copyThis(_ value: String) -> String { "Copy \(value)" }
    static func actionNotAvailable(_ name: String) -> String {
        "This block (\(name)) would do something that is not available in this session."
    }

    // The room
    static let terminal = "Terminal"
    static let terminals = "Terminals"
    static func terminal(_ id: String) -> String { "Terminal \(id)" }
    static let divider = "Width of the instructions"
    static let skipToInstructions = "Go to the instructions"
    static let skipToTerminal = "Go to the terminal"
    static let screenReader = "Read the terminal aloud (screen reader mode)"
    static let terminalKeys = "Press F6 to leave the terminal."
    static let needsScript =
        "The terminal needs JavaScript. Turn it on for this page, or read the instructions without it."
    static let noWorkArea = "This session has neither instructions nor a terminal."
    static let end = "End"
    static let extend = "More time"
    static let timeLeft = "Time left"

    static let endTitle = "End this session?"
    static let endWarning = "The lab and everything in it will be removed. This cannot be undone."
    static let endConfirm = "End the session"
    static let stay = "Stay here"
    static let overTitle = "This session has ended"
    static let overBody = "The lab is gone. You can start a new one from the page you came from."
    static let goBack = "Go back"

    /// For the scripts in `Assets/room/`, by the names they use.
    static let script: [(String, String)] = [
        ("reconnecting", "The connection is lost. Reconnecting."),
        ("connected", "Connected again."),
        ("gap", "Some output was too fast to be shown. This is the newest part."),
        ("copied", "Copied"),
        ("copyFailed", "Copying did not work. Select the text and copy it by hand."),
        ("copy", copy),
        ("minutesLeft", "{n} minutes left."),
        ("minuteLeft", "One minute left."),
        ("canExtend", "You can ask for more time."),
        ("extended", "You have more time now."),
        ("notExtended", "This session cannot be made longer."),
        ("portalAway", "The portal does not answer at the moment. Your lab goes on."),
        ("ending", "Ending the session."),
        ("endFailed", "The session could not be ended. Try again in a moment."),
        ("screenReaderOn", "Screen reader mode is on."),
        ("pageFailed", "The page could not be loaded. Try again."),
        ("timeLeft", timeLeft),
    ]

    // Messages instead of a page
    struct Message {
        let title: String
        let what: String
        let now: String
    }
    static let refused = Message(
        title: "This lab belongs to somebody else",
        what: "The portal did not let you into this session.",
        now: "Start a session of your own from the portal.")
    static let notRecognised = Message(
        title: "We could not tell that it is you",
        what: "Your browser came back from the portal without the cookie that this page gave it.",
        now: "Allow cookies for this site, then enter again.")
    static let unreachable = Message(
        title: "The portal does not answer",
        what: "Your lab is running, but the portal that knows you cannot be reached at the moment.",
        now: "Wait a few seconds, then try again.")
    static let notFound = Message(
        title: "Nothing is here", what: "This address leads nowhere in your lab.", now: "Go back to your lab.")
    static let wrongMethod = Message(
        title: "This does not work here", what: "The address cannot be used in this way.", now: "Go back to your lab.")
    static let notOurForm = Message(
        title: "The form is out of date", what: "It was made for another visit, so nothing was changed.",
        now: "Go back to your lab and try again.")
    static let signInFirst = Message(
        title: "Enter your lab first", what: "This address is only for the person whose lab this is.",
        now: "Enter through your lab.")
    static let notEnded = Message(
        title: "The session could not be ended", what: "The portal did not take the request.",
        now: "Go back to your lab and try again in a moment.")
    static let enterAgain = "Enter again"
    static let tryAgain = "Try again"
    static let toTheLab = "To the lab"
    static let toThePortal = "To the portal"
    static let requestNumber = "Request"
}
