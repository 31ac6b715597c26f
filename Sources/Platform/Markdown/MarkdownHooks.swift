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

    /// What stands in the place of a paragraph.
    public enum Paragraph: Equatable {
        /// Trusted HTML.
        case html(String)
        /// Trusted HTML around everything that follows, up to the `close` of the same list, quote or page, or its end.
        case open(Frame)
        case close
    }

    /// Trusted HTML before and after what it frames.
    public struct Frame: Equatable, Sendable {
        public var before: String
        public var after: String
        public init(before: String, after: String) {
            self.before = before
            self.after = after
        }
    }

    /// Something that stands in the page, for those who look for mistakes.
    public enum Finding: Equatable, Sendable {
        /// Where a link leads, as it was written.
        case link(String)
        /// An image's address as it was written, and the text that stands for it.
        case image(String, description: String)
        /// A heading's anchor, or the `id` of an element, without prefix.
        case anchor(String)
        /// An element or an attribute that is left out.
        case leftOut(String)
    }

    /// Where a link leads, given its destination as written. Destinations with a scheme other than `http`, `https` and
    /// `mailto` become text whatever this answers.
    public var link: (String) -> Link = { .here($0) }
    /// The address of an image as the page should ask for it; `nil` leaves only its description. Same rule as for links.
    public var image: (String) -> String? = { $0 }
    /// Attributes that every image gets, for example `loading`.
    public var imageAttributes: [(name: String, value: String)] = []
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
    /// What stands in place of a paragraph that consists of just this text; `nil` for an ordinary paragraph.
    public var paragraph: (String) -> Paragraph? = { _ in nil }
    /// The frame of a quote that begins with `[!NOTE]` or another word like it, given in lower case; `nil` leaves it a quote.
    public var callout: (String) -> Frame? = { _ in nil }
    /// What a reader who does not see the boxes of a task list is told.
    public var taskLabels: (done: String, open: String)?
    /// Whether raw HTML is kept, as far as `HTMLSanitizer` lets it through; otherwise it is left out.
    public var keepsHTML = false
    /// Stands before every anchor, so that a heading cannot take the place of an element of the page around it. Links to
    /// anchors need it as well.
    public var anchorPrefix = ""
    /// Told of what the page holds, with the line (from 1) in the text as it was given to the renderer.
    public var found: ((Finding, _ line: Int) -> Void)?

    public init() {}
}
