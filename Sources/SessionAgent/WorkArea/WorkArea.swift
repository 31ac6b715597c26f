internal import Platform

/// What stands in the right half of the room: tabs in their order, and terminals below them where the layout says so
/// (spec/dashboard.md sections 3 and 4). Decided once, from the manifest alone.
struct WorkArea: Sendable, Equatable {
    enum Content: Sendable, Equatable {
        /// The terminals of the layout, one above the other.
        case terminals([String])
        case editor
        /// A page in a frame: an address with `http` or `https`, or a path of this host.
        case frame(url: String)
    }

    struct Tab: Sendable, Equatable {
        /// What identifies it in the page: its name in lower-case ASCII, made unique.
        let id: String
        let name: String
        let content: Content
    }

    /// In order; the first one is shown.
    let tabs: [Tab]
    /// Terminals under the tabs, always in sight; only with the layout `lower`.
    let lower: [String]

    init(_ manifest: SessionManifest) {
        let layout = WorkArea.terminals(layout: manifest.terminalLayout)
        let builtIn: [(name: String, content: Content)] =
            (layout.isEmpty ? [] : [(AgentText.terminal, .terminals(layout))])
            + (manifest.applications.hasEditor ? [(AgentText.editor, .editor)] : [])
        let added = manifest.dashboards.compactMap { dashboard -> (name: String, content: Content)? in
            // Naming a tab that is there anyway gives it this place.
            let named = builtIn.first { $0.name.lowercased() == dashboard.name.lowercased() }
            if let named { return named }
            return WorkArea.content(of: dashboard, manifest).map { (dashboard.name, $0) }
        }
        var all = builtIn.filter { item in !added.contains { $0.name == item.name } } + added
        var lower: [String] = []
        if manifest.terminalLayout == "lower", all.count > 1 {
            all.removeAll { $0.content == .terminals(layout) }
            lower = layout
        }
        var ids: Set<String> = []
        tabs = all.map { item in
            let id = WorkArea.unique(WorkArea.slug(item.name), in: &ids)
            return Tab(id: id, name: item.name, content: item.content)
        }
        self.lower = lower
    }

    /// A page that shows one terminal and nothing else.
    init(terminal: TerminalName) {
        tabs = [Tab(id: "terminal", name: AgentText.terminal(terminal.text), content: .terminals([terminal.text]))]
        lower = []
    }

    /// Every terminal that the page shows in the order of the page.
    var terminals: [String] {
        tabs.flatMap { tab -> [String] in
            if case .terminals(let names) = tab.content { names } else { [] }
        } + lower
    }

    var isEmpty: Bool { tabs.isEmpty && lower.isEmpty }

    /// The addresses of all frames.
    var frames: [String] {
        tabs.compactMap { tab in
            if case .frame(let url) = tab.content { url } else { nil }
        }
    }

    /// The terminals of a layout (spec/dashboard.md section 4); one for a layout that nobody knows.
    static func terminals(layout: String) -> [String] {
        switch layout {
        case "none": []
        case "split": ["1", "2"]
        case "split/2": ["1", "2", "3"]
        default: ["1"]
        }
    }

    /// `nil` for what cannot be shown; `lectern check` tells the author of it.
    private static func content(of dashboard: SessionManifest.Dashboard, _ manifest: SessionManifest) -> Content? {
        let url = DataVariables.expanded(dashboard.url, with: DataVariables.values(of: manifest, pathway: ""))
        if url.hasPrefix("terminal:") {
            return TerminalName(String(url.dropFirst("terminal:".count))).map { .terminals([$0.text]) }
        }
        let isLocal = url.hasPrefix("/") && !url.hasPrefix("//") && !url.hasPrefix("/\\")
        let scheme = url.prefix { $0 != ":" }.lowercased()
        return isLocal || scheme == "http" || scheme == "https" ? .frame(url: url) : nil
    }

    /// Letters and digits of ASCII in lower case, everything else as single hyphens. The script makes ids by the same rule.
    static func slug(_ name: String) -> String {
        var slug = ""
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                slug.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): slug.unicodeScalars.append(Unicode.Scalar(byte + 32))
            default: if !slug.isEmpty && !slug.hasSuffix("-") { slug += "-" }
            }
        }
        while slug.hasSuffix("-") { slug.removeLast() }
        return slug.isEmpty ? "tab" : slug
    }

    private static func unique(_ slug: String, in taken: inout Set<String>) -> String {
        var id = slug
        var number = 2
        while !taken.insert(id).inserted {
            id = "\(slug)-\(number)"
            number += 1
        }
        return id
    }
}
