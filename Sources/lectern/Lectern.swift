internal import FoundationEssentials
internal import Glibc
internal import Platform

@main
struct Lectern {
    static let version = "0.1.0"
    static var commands: [any Command.Type] {
        [
            ServeCommand.self, NewCommand.self, CheckCommand.self, ImportCommand.self, SessionCommand.self,
            CredentialsCommand.self, SessionsCommand.self, UsersCommand.self, BackupCommand.self,
        ]
    }

    static func main() {
        exit(run(Array(CommandLine.arguments.dropFirst())))
    }

    /// - Returns: 0 when all went well, 1 when it did not, 2 when it was asked wrongly.
    static func run(_ arguments: [String]) -> Int32 {
        guard let first = arguments.first else {
            printError(overview)
            return 2
        }
        switch first {
        case "--help", "-h", "help":
            print(overview)
            return 0
        case "--version", "version":
            print("lectern \(version)")
            return 0
        default: break
        }
        guard let command = commands.first(where: { $0.name == first }) else {
            let hint = NearestName.of(first, in: commands.map { $0.name }).map { "; did you mean \"\($0)\"?" } ?? ""
            printError("lectern: \(first): unknown command\(hint)\n\n\(overview)")
            return 2
        }
        let rest = Array(arguments.dropFirst())
        if rest.contains("--help") {
            print(command.helpText, terminator: "")
            return 0
        }
        do {
            let options = try ParsedOptions(
                rest, options: command.options, environment: ProcessInfo.processInfo.environment)
            return try command.run(options)
        } catch let error as UsageError {
            printError("lectern \(command.name): \(error)\nSee: lectern \(command.name) --help")
            return 2
        } catch {
            printError("lectern \(command.name): \(error)")
            return 1
        }
    }

    static var overview: String {
        let width = commands.map { $0.name.count }.max() ?? 0
        let rows = commands.map { "  \($0.name.padded(to: width))  \($0.summary)" }
        return """
            Lectern \(version): hands-on workshops in the browser.

            Usage: lectern COMMAND …

            Commands:
            \(rows.joined(separator: "\n"))

            `lectern COMMAND --help` tells the options of one.
            """
    }
}

/// A line on standard error, for people.
func printError(_ text: String) { Log.toStandardError(text) }
