/// What a path means that an author wrote or a learner chose (spec/dashboard.md section 6): `~/`, `$HOME/` and relative ones
/// are below the learner's home.
enum FilePlace: Hashable, Sendable {
    /// Below the home; without a slash at either end, empty for the home itself.
    case home(String)
    /// Elsewhere in the sandbox: may be looked at, where its user may, and is never changed by us.
    case elsewhere(String)

    /// - Parameter home: the learner's home, an absolute path.
    /// - Throws: `EditProblem` for what is no path.
    init(_ path: String, home: String) throws(EditProblem) {
        guard !path.isEmpty, path.utf8.count <= 4096, !path.utf8.contains(0) else {
            throw EditProblem(.fields, AgentText.notAPath)
        }
        var rest = path[...]
        var isAbsolute = rest.utf8.first == UInt8(ascii: "/")
        for prefix in ["~", "$HOME", "${HOME}"] where rest.utf8.starts(with: prefix.utf8) {
            let after = rest.utf8.dropFirst(prefix.utf8.count)
            guard after.isEmpty || after.first == UInt8(ascii: "/") else { continue }
            rest = Substring(after)
            isAbsolute = false
            break
        }
        let own = FilePlace.parts(home[...])
        var parts = isAbsolute ? [] : own
        for part in FilePlace.parts(rest) {
            if part == ".." {
                if !parts.isEmpty { parts.removeLast() }
            } else {
                parts.append(part)
            }
        }
        if parts.starts(with: own) {
            self = .home(parts.dropFirst(own.count).joined(separator: "/"))
        } else {
            self = .elsewhere("/" + parts.joined(separator: "/"))
        }
    }

    private static func parts(_ path: Substring) -> [Substring] {
        path.split(separator: "/").filter { $0 != "." }
    }

    /// As it is shown: below the home without anything before it.
    var text: String {
        switch self {
        case .home(let path): path
        case .elsewhere(let path): path
        }
    }

    /// As a message names it.
    var shown: String {
        switch self {
        case .home(let path): path.isEmpty ? "~" : "~/" + path
        case .elsewhere(let path): path
        }
    }
}
