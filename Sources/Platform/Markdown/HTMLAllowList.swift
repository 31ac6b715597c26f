/// The elements and attributes of HTML that a page may use (WHATWG HTML Standard, sections 4.3 to 4.11): those that show
/// text, tables, pictures and recordings. None of them runs a script, sends a form, loads a document, or looks like the
/// page around.
enum HTMLAllowList {
    enum Attribute {
        case text
        /// Digits, perhaps with `%`.
        case number
        /// One of a few words.
        case words([String])
        /// Its name alone says everything.
        case flag
        /// Becomes an anchor, with the prefix of anchors.
        case anchor
        case link
        case source
    }

    /// Without content or end tag.
    static let voidElements: Set<String> = ["br", "hr", "img", "col", "source", "wbr"]

    /// Left out together with what stands in them.
    static let swallowed: Set<String> = [
        "script", "style", "template", "noscript", "iframe", "object", "embed", "applet", "svg", "math", "textarea",
        "title", "select", "head", "noembed", "noframes", "xmp", "plaintext",
    ]

    /// Elements with the attributes that they may have beside those of all.
    static let elements: [String: [String: Attribute]] = [
        "a": ["href": .link], "abbr": [:], "audio": ["src": .source, "controls": .flag], "b": [:], "bdi": [:],
        "bdo": [:], "blockquote": [:], "br": [:], "caption": [:], "cite": [:], "code": [:],
        "col": ["span": .number, "width": .number], "colgroup": ["span": .number], "dd": [:], "del": [:],
        "details": ["open": .flag], "dfn": [:], "div": ["align": aligned], "dl": [:], "dt": [:], "em": [:],
        "figcaption": [:], "figure": [:], "h1": [:], "h2": [:], "h3": [:], "h4": [:], "h5": [:], "h6": [:], "hr": [:],
        "i": [:],
        "img": [
            "src": .source, "alt": .text, "width": .number, "height": .number,
            "loading": .words(["lazy", "eager"]),
        ],
        "ins": [:], "kbd": [:], "li": ["value": .number], "mark": [:],
        "ol": ["start": .number, "reversed": .flag, "type": .words(["1", "a", "A", "i", "I"])],
        "p": ["align": aligned], "pre": [:], "q": [:], "rp": [:], "rt": [:], "ruby": [:], "s": [:], "samp": [:],
        "small": [:], "source": ["src": .source, "type": .text], "span": [:], "strong": [:], "sub": [:],
        "summary": [:], "sup": [:], "table": ["align": aligned, "width": .number], "tbody": [:],
        "td": cell, "tfoot": [:], "th": cell, "thead": [:], "time": ["datetime": .text], "tr": ["align": aligned],
        "tt": [:], "u": [:], "ul": [:], "var": [:],
        "video": [
            "src": .source, "poster": .source, "controls": .flag, "muted": .flag, "loop": .flag, "width": .number,
            "height": .number,
        ],
        "wbr": [:], "center": [:],
    ]

    /// What every element may have.
    static let global: [String: Attribute] = [
        "id": .anchor, "title": .text, "lang": .text, "dir": .words(["ltr", "rtl", "auto"]), "aria-label": .text,
        "aria-hidden": .words(["true", "false"]), "role": .words(["presentation", "none", "img", "note"]),
    ]

    /// Open elements that the start of another one ends, as browsers do.
    static func ends(_ open: String, before next: String) -> Bool {
        switch next {
        case "li": open == "li"
        case "dt", "dd": open == "dt" || open == "dd"
        case "td", "th": open == "td" || open == "th"
        case "tr": open == "td" || open == "th" || open == "tr"
        case "thead", "tbody", "tfoot":
            ["td", "th", "tr", "thead", "tbody", "tfoot", "caption", "colgroup"].contains(open)
        case "blockquote", "center", "details", "div", "dl", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol",
            "p", "pre", "table", "ul":
            open == "p"
        default: false
        }
    }

    private static let aligned = Attribute.words(["left", "center", "right"])
    private static let cell: [String: Attribute] = [
        "colspan": .number, "rowspan": .number, "align": aligned, "width": .number,
        "scope": .words(["row", "col", "rowgroup", "colgroup"]),
    ]
}
