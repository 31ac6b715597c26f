/// What a page may change while its Markdown becomes HTML. Every closure is called on the caller's thread.
public struct MarkdownHooks {
    /// A fenced or indented code block.
    public struct CodeBlock: Sendable, Equatable {
        /// The whole info string of the fence, trimmed; empty for indented blocks.
        public var info: String
        /// With its last line break.
        public var text: String
        /// Where it begins in the text that is rendered, from 1: the line of its fence, and the column of its first byte.
        public var line: Int
        public var column: Int
        public init(info: String, text: String, line: Int = 1, column: Int = 1) {
            self.info = info
            self.text = text
            self.line = line
            self.column = column
        }
    }

    /// A code block that begins or ends a part of the page.
    public enum Fold: Sendable, Equatable {
        case begin(String)
        /// Of the nearest part of that name, or with `*` the nearest of all, among the block's own siblings.
        case end(String)
    }

    public enum Link: Equatable {
        /// Stays in the page.
        case here(String)
        /// Opens in a window of its own, without access to ours.
        case elsewhere(String)
        /// Only the link's text is kept.
        case none
    }

    /// A piece of text that holds something to be replaced.
    public enum Piece: Equatable {
        case text(String)
        /// Trusted HTML, for example a button.
        case html(String)
    }

    /// Where a link leads, given its destination as written. Destinations with a scheme other than `http`, `https` and
    /// `mailto` become text whatever this answers.
    public var link: (String) -> Link = { .here($0) }
    /// The address of an image as the page should ask for it; `nil` leaves only its description. Same rule as for links.
    public var image: (String) -> String? = { $0 }
    /// The HTML of a code block, whose text has not been through `literal`; `nil` for the ordinary one, which has.
    public var codeBlock: (CodeBlock) -> String? = { _ in nil }
    /// Whether a code block begins or ends a part of the page. A pair becomes what `folded` says; a block that has no
    /// partner is given to `codeBlock`.
    public var fold: (CodeBlock) -> Fold? = { _ in nil }
    /// HTML before and after the blocks between a pair.
    public var folded: (_ begin: CodeBlock, _ end: CodeBlock) -> (opening: String, closing: String) = { _, _ in ("", "")
    }
    /// Replaces parts of running text; `nil` when there is nothing to replace.
    public var text: (String) -> [Piece]? = { _ in nil }
    /// Replaces parts of code, destinations and titles, where only text can stand; `nil` when there is nothing to replace.
    public var literal: (String) -> String? = { _ in nil }
    /// Trusted HTML in place of a paragraph that consists of just this text; `nil` for an ordinary paragraph.
    public var paragraph: (String) -> String? = { _ in nil }

    public init() {}
}
