/// `lectern new`: a workshop that works, to change into one's own.
enum NewCommand: Command {
    static let name = "new"
    static let summary = "Writes a small workshop to begin with."
    static let operands = "NAME"
    static let options = [
        CommandOption("title", "TEXT", "What learners read as its title.", default: "from the name"),
        CommandOption("into", "FOLDER", "Where the workshop's folder is made.", default: "."),
    ]

    static func run(_ arguments: ParsedOptions) throws -> Int32 {
        guard arguments.operands.count == 1, let operand = arguments.operands.first else {
            throw UsageError("what is it called? Give one name, for example: lectern new git-basics")
        }
        let name = try WorkshopName(operand)
        let title = arguments["title"] ?? name.title
        guard !title.isEmpty, title.count <= 200, !title.contains(where: \.isNewline) else {
            throw UsageError("--title: one line of at most 200 characters is expected")
        }
        let place = arguments["into"] ?? "."
        let folder = place == "." ? name.text : (place.hasSuffix("/") ? place + name.text : "\(place)/\(name)")
        let files = StarterWorkshop.files(name: name, title: title)
        try files.write(to: folder)
        print(
            """
            \(folder)/
            \(files.files.keys.sorted().map { "    " + $0 }.joined(separator: "\n"))

            See it while you change it:   lectern preview \(folder)
            Have it looked over:          lectern check \(folder)
            Have it played to the end:    lectern test \(folder)
            """)
        return 0
    }
}
