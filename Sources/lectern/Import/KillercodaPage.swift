/// One page of a scenario in Lectern's Markdown.
struct KillercodaPage {
    private(set) var markdown = ""
    private(set) var notes: [ImportNote] = []
    /// Ports of the learner's servers that the page links to.
    private(set) var ports: Set<Int> = []
    /// Terminals that the page's buttons use.
    private(set) var terminals: Set<Int> = [1]
    private(set) var usesEditor = false
    /// Relative files that the page shows or links to, as they are written.
    private(set) var files: Set<String> = []

    private let file: String
    private var line = 0
    /// Buttons of the paragraph that is being read, which come behind it.
    private var waiting: [(button: Button, indentation: Int)] = []
    private var indentation = 0

    private enum Button {
        case run(String, terminal: Int, interrupts: Bool)
        case copy(String)
        case open(String)
    }

    /// - Parameters:
    ///   - file: the name that notes carry.
    ///   - image: what becomes of an image's or a link's relative address: the new one, or `nil` when there is no such file.
    init(_ text: String, file: String, address: (String) -> String?) {
        self.file = file
        var lines = text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false).map(
            String.init)
        if lines.first?.hasPrefix("\u{FEFF}") == true { lines[0].removeFirst() }
        var index = 0
        while index < lines.count {
            line = index + 1
            if let fence = Fence(lines[index]) {
                flush()
                index = block(lines, from: index, fence)
                continue
            }
            prose(lines[index], address)
            index += 1
        }
        flush()
        while markdown.hasSuffix("\n\n") { markdown.removeLast() }
    }

    // MARK: Code blocks

    private struct Fence {
        let indentation: Int
        let mark: Character
        let length: Int
        let rest: Substring

        init?(_ line: String) {
            let spaces = line.prefix { $0 == " " }.count
            let text = line.dropFirst(spaces)
            guard let mark = text.first, mark == "`" || mark == "~" else { return nil }
            let length = text.prefix { $0 == mark }.count
            guard length >= 3 else { return nil }
            let rest = text.dropFirst(length)
            // A line that begins with inline code is prose.
            guard mark == "~" || !rest.contains("`") else { return nil }
            self.indentation = spaces
            self.mark = mark
            self.length = length
            self.rest = rest
        }
    }

    private mutating func block(_ lines: [String], from start: Int, _ fence: Fence) -> Int {
        var content: [String] = []
        var index = start + 1
        var closing = ""
        while index < lines.count {
            if let end = Fence(lines[index]), end.mark == fence.mark, end.length >= fence.length,
                end.rest.allSatisfy({ $0 == " " }) || end.rest.drop(while: { $0 == " " }).hasPrefix("{{")
            {
                closing = String(end.rest)
                break
            }
            content.append(
                String(lines[index].dropFirst(min(fence.indentation, lines[index].prefix { $0 == " " }.count))))
            index += 1
        }
        line = start + 1
        let code = withLocalAddresses(content.joined(separator: "\n"))
        line = min(index, lines.count - 1) + 1
        if let button = button(code, directive: closing) {
            write(button, indentation: fence.indentation)
        } else {
            let language = fence.rest.trimmed
            emit(KillercodaPage.fenced(language == "plain" ? "" : language, code), indentation: fence.indentation)
        }
        return index + 1
    }

    private mutating func button(_ code: String, directive: String) -> Button? {
        let text = directive.trimmed
        guard text.hasPrefix("{{"), let end = text.firstRange(of: "}}") else { return nil }
        let words = text[..<end.lowerBound].dropFirst(2).split(separator: " ").map(String.init)
        guard let verb = words.first else { return nil }
        switch verb {
        case "exec", "execute":
            var terminal = 1
            var interrupts = false
            for word in words.dropFirst() {
                switch word.uppercased() {
                case "INTERRUPT": interrupts = true
                case "NEWLINE": break
                case "T1", "HOST1": terminal = 1
                case "T2", "HOST2": terminal = 2
                case "T3", "HOST3": terminal = 3
                default: note("{{\(verb) \(word)}}: the option \(word) has no counterpart")
                }
                if word.uppercased().hasPrefix("HOST"), terminal > 1 {
                    note("there is only one machine: what ran on host \(terminal) runs in terminal \(terminal)")
                }
            }
            terminals.insert(terminal)
            return .run(code, terminal: terminal, interrupts: interrupts)
        case "copy": return .copy(code)
        case "open":
            usesEditor = true
            return .open(code.trimmed)
        default:
            note("{{\(verb)}} has no counterpart: it is code without a button now")
            return nil
        }
    }

    private mutating func write(_ button: Button, indentation: Int) {
        switch button {
        case .run(let command, let terminal, let interrupts):
            if interrupts {
                emit(
                    KillercodaPage.fenced("terminal:interrupt", "session: \(terminal)\ncascade: true"),
                    indentation: indentation)
            }
            emit(
                KillercodaPage.fenced(terminal == 1 ? "execute" : "execute-\(terminal)", command),
                indentation: indentation)
        case .copy(let text): emit(KillercodaPage.fenced("copy", text), indentation: indentation)
        case .open(let path):
            let home = path.hasPrefix("/root/") ? "~/" + path.dropFirst(6) : path
            emit(
                KillercodaPage.fenced("editor:open-file", "file: \(StarterWorkshop.quoted(home))"),
                indentation: indentation)
        }
    }

    static func fenced(_ language: String, _ code: String) -> [String] {
        var longest = 2
        for line in code.split(separator: "\n") {
            longest = max(longest, line.drop { $0 == " " }.prefix { $0 == "`" }.count)
        }
        let fence = String(repeating: "`", count: longest + 1)
        return [fence + language] + code.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            + [fence]
    }

    /// A block with an empty line before and after.
    private mutating func emit(_ lines: [String], indentation: Int) {
        if !markdown.isEmpty && !markdown.hasSuffix("\n\n") { markdown += markdown.hasSuffix("\n") ? "\n" : "\n\n" }
        let margin = String(repeating: " ", count: indentation)
        for line in lines { markdown += line.isEmpty ? "\n" : margin + line + "\n" }
        markdown += "\n"
    }

    // MARK: Prose

    private mutating func prose(_ source: String, _ address: (String) -> String?) {
        let trimmed = source.trimmed
        if trimmed.isEmpty {
            flush()
            if !markdown.isEmpty && !markdown.hasSuffix("\n\n") { markdown += "\n" }
            return
        }
        let marker = KillercodaPage.listMarker(source)
        if let marker {
            flush()
            indentation = marker
        } else if trimmed.hasPrefix("#") {
            flush()
            indentation = 0
        } else if waiting.isEmpty && markdown.hasSuffix("\n\n") {
            indentation = source.prefix { $0 == " " }.count
        }
        var text = withButtons(source)
        text = withAddresses(text)
        text = withFiles(text, address)
        if trimmed.hasPrefix("<pre") && trimmed.contains("data-filename") {
            note("an editor's file (<pre class=\"file\">) has no counterpart: make it an editor:create-file action")
        }
        // A line that was nothing but a button becomes one.
        if marker == nil, let only = waiting.last, text.trimmed == KillercodaPage.inline(only.button),
            trimmed.hasPrefix("`"), waiting.count == 1, markdown.isEmpty || markdown.hasSuffix("\n\n")
        {
            flush()
            return
        }
        markdown += text + "\n"
    }

    private static func inline(_ button: Button) -> String {
        switch button {
        case .run(let text, _, _), .copy(let text), .open(let text): "`\(text)`"
        }
    }

    /// Where the text of a list item begins; `nil` for a line that begins none.
    private static func listMarker(_ line: String) -> Int? {
        let spaces = line.prefix { $0 == " " }.count
        let text = line.dropFirst(spaces)
        if let first = text.first, "-*+".contains(first), text.dropFirst().first == " " { return spaces + 2 }
        let digits = text.prefix { $0.isNumber }.count
        guard digits > 0, digits < 4 else { return nil }
        let rest = text.dropFirst(digits)
        return (rest.hasPrefix(". ") || rest.hasPrefix(") ")) ? spaces + digits + 2 : nil
    }

    private mutating func flush() {
        let buttons = waiting
        waiting = []
        for (button, indentation) in buttons { write(button, indentation: indentation) }
    }

    /// Takes the directives behind inline code away, and remembers the buttons.
    private mutating func withButtons(_ source: String) -> String {
        var result = ""
        var rest = source[...]
        while let tick = rest.firstIndex(of: "`") {
            result += rest[..<tick]
            let open = rest[tick...].prefix { $0 == "`" }
            let inner = rest[open.endIndex...]
            guard let close = inner.firstRange(of: open) else {
                result += rest[tick...]
                return result
            }
            let code = String(inner[..<close.lowerBound])
            result += open
            var shown = code
            var after = inner[close.upperBound...]
            if after.hasPrefix("{{"), let end = after.firstRange(of: "}}") {
                let directive = String(after[..<end.upperBound])
                shown = withLocalAddresses(code)
                if let button = button(shown, directive: directive) {
                    waiting.append((button, indentation))
                }
                after = after[end.upperBound...]
            }
            result += shown + open
            rest = after
        }
        return result + rest
    }

    // MARK: Addresses

    /// In a page: the host that leads to the learner's server.
    private mutating func withAddresses(_ text: String) -> String {
        replaceTraffic(in: text) { page, port in
            page.ports.insert(port)
            if port < 1024 {
                page.note("port \(port) is out of reach for a learner, who is not root: let the server use another one")
            }
            return
                "{{< param ingress_protocol >}}://port-\(port)-{{< param session_name >}}.{{< param ingress_domain >}}"
                + "{{< param ingress_port_suffix >}}"
        }
    }

    /// In a command: the sandbox's own loopback, since nothing else can be reached from inside.
    private mutating func withLocalAddresses(_ text: String) -> String {
        replaceTraffic(in: text) { _, port in "http://127.0.0.1:\(port)" }
    }

    private mutating func replaceTraffic(in text: String, _ replacement: (inout KillercodaPage, Int) -> String)
        -> String
    {
        guard text.contains("{{TRAFFIC_") || text.contains("[[HOST_SUBDOMAIN]]") else { return text }
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "{{TRAFFIC_") {
            guard let end = rest[start.upperBound...].firstRange(of: "}}") else { break }
            result += rest[..<start.lowerBound]
            let name = rest[start.upperBound..<end.lowerBound]
            let parts = name.split(separator: "_")
            if parts.count == 2, parts[0].hasPrefix("HOST"), let port = Int(parts[1]), (1...65_535).contains(port) {
                if parts[0] != "HOST1" { note("there is only one machine: \(parts[0]) is the learner's own sandbox") }
                result += replacement(&self, port)
            } else {
                note("{{TRAFFIC_\(name)}} has no counterpart")
                result += "#"
            }
            rest = rest[end.upperBound...]
        }
        result += rest
        return withKatacodaHosts(result, replacement)
    }

    /// `https://[[HOST_SUBDOMAIN]]-8080-[[KATACODA_HOST]].environments.katacoda.com`
    private mutating func withKatacodaHosts(_ text: String, _ replacement: (inout KillercodaPage, Int) -> String)
        -> String
    {
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "https://[[HOST_SUBDOMAIN]]-") {
            let digits = rest[start.upperBound...].prefix { $0.isNumber }
            let after = rest[digits.endIndex...]
            let end = "-[[KATACODA_HOST]].environments.katacoda.com"
            guard let port = Int(digits), after.hasPrefix(end) else { break }
            result += rest[..<start.lowerBound] + replacement(&self, port)
            rest = after.dropFirst(end.count)
        }
        return result + rest
    }

    /// Relative addresses of images and links.
    private mutating func withFiles(_ text: String, _ address: (String) -> String?) -> String {
        var result = ""
        var rest = text[...]
        while let middle = rest.firstRange(of: "](") {
            guard let end = rest[middle.upperBound...].firstIndex(of: ")"),
                let open = rest[..<middle.lowerBound].lastIndex(of: "[")
            else { break }
            let inside = rest[middle.upperBound..<end]
            let written = inside.split(separator: " ", maxSplits: 1).first.map(String.init) ?? ""
            let isImage = open > rest.startIndex && rest[rest.index(before: open)] == "!"
            let label = rest[rest.index(after: open)..<middle.lowerBound]
            let isElsewhere =
                written.isEmpty || written.contains("://") || written.hasPrefix("#") || written.hasPrefix("mailto:")
                || written.hasPrefix("{{")
            if isElsewhere {
                if isImage && written.contains("://") {
                    note(
                        "the image \(written) is on another site, from which nothing is loaded: copy it into the workshop"
                    )
                }
                if written == "#" { note("the link \"\(label)\" leads nowhere now") }
                result += rest[...end]
            } else if let new = address(written) {
                files.insert(written)
                result += rest[..<middle.upperBound] + new + inside.dropFirst(written.count) + ")"
            } else {
                note("\(isImage ? "the image" : "the link to") \(written) leads to no file: only its text is left")
                result += rest[..<(isImage ? rest.index(before: open) : open)] + label
            }
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    private mutating func note(_ message: String) { notes.append(ImportNote(file: file, line: line, message: message)) }
}

extension StringProtocol {
    /// Without blanks at both ends.
    var trimmed: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        return String(text)
    }
}
