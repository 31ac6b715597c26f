internal import PortalStorage

/// `lectern backup`: a copy of the database that is consistent while the portal runs.
enum BackupCommand: Command {
    static let name = "backup"
    static let summary = "Copies the database while the portal runs."
    static let operands = "FILE"
    static let options = [
        CommandOption("data", "DIR", "The portal's data folder.", default: "./lectern-data"),
        CommandOption("force", nil, "Replaces FILE when it exists."),
    ]

    static func run(_ arguments: ParsedOptions) throws -> Int32 {
        guard arguments.operands.count == 1 else { throw UsageError("where to? Name one file") }
        let target = absolutePath(arguments.operands[0])
        let folder = absolutePath(arguments["data"] ?? "lectern-data")
        try SQLitePortalStore.backup(folder: folder, to: target, replacing: arguments.has("force"))
        print("Saved to \(target)")
        return 0
    }
}
