/// Texts on the hosts of the learner's own servers, and in frames.
extension AgentText {
    static let openInstructions = "Open the instructions"
    static let fullScreen = "Full screen"

    static func nobodyListens(_ port: Int) -> Message {
        Message(
            title: "Nothing listens on port \(port) yet",
            what: "This address shows the server that you start on port \(port) of your lab.",
            now: "Start it in a terminal; this page shows it as soon as it answers.")
    }
    static func noAnswer(_ port: Int) -> Message {
        Message(
            title: "The server gave no answer",
            what: "Something listens on port \(port) of your lab, but it closed the connection or took too long.",
            now: "Look at what it says in its terminal, then try again.")
    }
    static let looksAgain = "Looking again every second."
    static let serversBusy = Message(
        title: "Too many connections at once", what: "Your lab's servers have as many connections as they may.",
        now: "Close some pages, or wait a moment, then try again.")
    static let noSuchServer = Message(
        title: "Nothing is here", what: "No server of this workshop has this address.", now: "Go back to your lab.")
    static let noSuchPage = Message(
        title: "Nothing is here", what: "These pages have none at this address.", now: "Go back.")
    static let enterServerFirst = Message(
        title: "Enter your lab first", what: "This server is only for the person whose lab it runs in.",
        now: "Open it from your lab.")
    static let serverCookiesMissing = Message(
        title: "We could not tell that it is you",
        what: "Your browser came back from your lab without the cookie that this address gave it.",
        now: "Allow cookies for this site, then open it from your lab again.")
}
