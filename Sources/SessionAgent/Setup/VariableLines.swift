internal import Glibc
internal import Platform

/// Variables as scripts hand them over: lines in the file that `$WORKSHOP_ENV` names, and what a sourced file exported.
enum VariableLines {
    /// Bytes that the file may have.
    static let limit = 256 * 1024
    /// Variables that scripts may add.
    static let countLimit = 256

    /// `K=V` lines; a blank line and one that begins with `#` say nothing. `export` before the name and quotes around the
    /// value are allowed, as in a shell, but nothing is expanded. A line without a name is passed over.
    static func parse(_ text: String) -> [SessionManifest.Variable] {
        text.split(whereSeparator: { $0 == "\n" || $0 == "\r\n" }).compactMap { line in
            var line = line.drop { $0 == " " || $0 == "\t" }
            guard !line.isEmpty, line.first != "#" else { return nil }
            if line.hasPrefix("export ") { line = line.dropFirst(7).drop { $0 == " " } }
            guard let equals = line.firstIndex(of: "=") else { return nil }
            let name = String(line[..<equals])
            guard isIdentifier(name) else { return nil }
            return SessionManifest.Variable(name: name, value: unquoted(line[line.index(after: equals)...]))
        }
    }

    private static func unquoted(_ text: Substring) -> String {
        guard text.count >= 2, let mark = text.first, mark == "\"" || mark == "'", text.last == mark else {
            return String(text)
        }
        let inner = text.dropFirst().dropLast()
        guard mark == "\"" else { return String(inner) }
        var result = ""
        var isEscaped = false
        for character in inner {
            if character == "\\" && !isEscaped {
                isEscaped = true
                continue
            }
            // In double quotes a shell takes the backslash away before these only.
            if isEscaped && !"\"\\$`".contains(character) { result.append("\\") }
            result.append(character)
            isEscaped = false
        }
        return isEscaped ? result + "\\" : result
    }

    /// As a shell could have it: letters, digits, `_`, no digit first.
    private static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(48...57).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
        }
    }

    /// What `env -0` wrote, without what every shell sets for itself.
    static func exported(_ bytes: [UInt8]) -> [SessionManifest.Variable] {
        let shells: Set<String> = ["_", "SHLVL", "PWD", "OLDPWD", "WORKSHOP_ENV"]
        return bytes.split(separator: 0).compactMap { entry in
            guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let name = String(decoding: entry[..<equals], as: UTF8.self)
            guard isIdentifier(name), !shells.contains(name) else { return nil }
            return SessionManifest.Variable(name: name, value: String(decoding: entry[(equals + 1)...], as: UTF8.self))
        }
    }

    struct Reading {
        let variables: [SessionManifest.Variable]
        /// Where the next reading goes on.
        let end: Int
        let isTooMuch: Bool
    }

    /// What was added to the file since `start`; everything if it has become shorter. `nil` when it is no ordinary file.
    static func read(_ path: String, from start: Int) -> Reading? {
        guard let file = try? Descriptor.opened(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY) else { return nil }
        var status = stat()
        guard fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        let size = Int(status.st_size)
        let from = size < start ? 0 : start
        guard size <= limit else { return Reading(variables: [], end: size, isTooMuch: true) }
        var bytes = [UInt8](repeating: 0, count: size - from)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                pread(file.number, buffer.baseAddress?.advanced(by: done), buffer.count - done, off_t(from + done))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            done += count
        }
        return Reading(
            variables: parse(String(decoding: bytes[..<done], as: UTF8.self)), end: from + done, isTooMuch: false)
    }
}
