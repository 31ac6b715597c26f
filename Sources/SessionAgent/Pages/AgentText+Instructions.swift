/// Texts of the pages of instructions, of the time, and of the way out.
extension AgentText {
    static let pageIsAsciiDoc =
        "This page is written in AsciiDoc, which is not shown here. Go on with the next page, and tell the author of the workshop."
    static let lastPage = "This is the last page. Take your time; when you are done, end the session."
    static let finish = "Finish"
    static let taskDone = "Done"
    static let taskOpen = "Not done"
    static let print = "All pages for printing"
    static let printNow = "Print"
    static let backToTheLab = "Back to the lab"
    static let picture = "Picture"
    static let closePicture = "Close"

    /// For the room's script, by the names it uses.
    static let pageScript: [(String, String)] = [
        ("showPicture", "Show the picture larger"),
        ("hoursLeft", "{n} hours left."),
        ("secondsLeft", "{n} seconds left."),
        ("showInstructions", "Show the instructions"),
        ("timeEnded", "The time of this session is over."),
    ]
}
