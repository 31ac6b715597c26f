internal import Platform

/// The actions of a page without the page: for those who check or play a workshop.
package enum PageActions {
    /// Every block of a page that names an action, in the order of the page, sections' ends included; a section without
    /// its partner has a problem.
    /// - Parameters:
    ///   - text: the page's file, front matter and all.
    ///   - parameters: values for `{{< param name >}}`.
    ///   - isClassic: whether the page is in the classic form.
    /// - Returns: an empty list for a page that is too large to be shown.
    package static func of(
        _ text: String, parameters: [String: String], pathway: String = "", isClassic: Bool = false
    ) -> [ActionBlock] {
        let split = FrontMatter.split(text)
        let context = PageSource.Context(isClassic: isClassic, parameters: parameters, pathway: pathway)
        return of(PageSource(split.body, firstLine: split.bodyLine, context: context))
    }

    static func of(_ source: PageSource) -> [ActionBlock] {
        let reader = CodeBlockHTML(
            surroundings: ActionSurroundings(terminals: []), restore: source.restored, sourceLine: source.fileLine)
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
        let renderer = MarkdownRenderer(limit: PageSource.outputLimit + (1 << 16))
        // What cannot be rendered is told where it is shown.
        guard (try? renderer.html(source.text, hooks: hooks)) != nil else { return [] }
        return found.sorted { $0.line < $1.line }
    }
}
