internal import Platform

/// The actions of a page without the page: for those who check or play a workshop.
package enum PageActions {
    /// Every block of a page that names an action, in the order of the page, sections' ends included; a section without
    /// its partner has a problem.
    /// - Parameters:
    ///   - text: the page's file, front matter and all.
    ///   - parameters: values for `{{< param name >}}`.
    /// - Returns: an empty list for a page that is too large to be shown.
    package static func of(_ text: String, parameters: [String: String], pathway: String = "") -> [ActionBlock] {
        let (_, body) = FrontMatter.split(text)
        let shortcodes = Shortcodes(body, parameters: parameters, baseURL: "/workshop", pathway: pathway)
        let before = FrontMatter.lines(of: text, before: body)
        let reader = CodeBlockHTML(
            surroundings: ActionSurroundings(terminals: []), restore: shortcodes.restored,
            sourceLine: { shortcodes.pageLine(of: $0) + before })
        var found: [ActionBlock] = []
        var hooks = MarkdownHooks()
        hooks.codeBlock = { block in
            if let action = reader.action(block) { found.append(action.unpaired()) }
            return ""
        }
        hooks.fold = reader.fold
        hooks.folded = { begin, end in
            found += [begin, end].compactMap(reader.action)
            return ("", "")
        }
        let renderer = MarkdownRenderer(limit: InstructionLibrary.sizeLimit)
        // What cannot be rendered is told where it is shown.
        guard (try? renderer.html(shortcodes.text, hooks: hooks)) != nil else { return [] }
        return found.sorted { $0.line < $1.line }
    }
}
