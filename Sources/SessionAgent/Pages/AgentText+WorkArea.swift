/// Texts of the work area: its tabs and what stands in them.
extension AgentText {
    static let workArea = "Work area"
    static let editor = "Editor"
    static let workTabs = "Tabs of the work area"
    static let skipToWork = "Go to the work area"
    static let lowerDivider = "Height of the terminal"

    /// For `Assets/room/`, by the names that the modules use.
    static let workAreaScript: [(String, String)] = [
        ("closeTab", "Close {name}"),
        ("tabClosed", "{name} is closed."),
        ("tabBell", "{name}: the terminal rang its bell"),
        ("terminalNamed", "Terminal {id}"),
        ("framePlain", "This page is served without encryption, so it cannot be shown inside this one."),
        ("openFrame", "Open it in a new window"),
    ]
}
