/// A piece of HTML, already written as bytes.
///
/// It is built from elements, attributes and text; text is escaped because it is text. The only way around that is `raw`,
/// so whoever looks for a hole looks for that word.
public struct HTML: Sendable, Equatable {
    /// UTF-8.
    public fileprivate(set) var bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }

    public init(@HTMLBuilder _ content: () -> HTML) { self = content() }

    public static let empty = HTML(bytes: [])

    /// HTML that somebody else has written and that is trusted: a Markdown renderer's output, an operator's snippet.
    public static func raw(_ html: String) -> HTML { HTML(bytes: Array(html.utf8)) }

    public static func text(_ text: String) -> HTML {
        var html = HTML.empty
        html.append(text: text)
        return html
    }

    public var isEmpty: Bool { bytes.isEmpty }

    public static func + (left: consuming HTML, right: HTML) -> HTML {
        left.bytes.append(contentsOf: right.bytes)
        return left
    }

    /// Joins pieces without anything between them.
    public init(joining pieces: some Sequence<HTML>) {
        bytes = []
        for piece in pieces { bytes.append(contentsOf: piece.bytes) }
    }

    /// A whole document.
    /// - Parameter language: a language tag such as `en`.
    public static func document(
        language: String, _ attributes: Attribute..., @HTMLBuilder head: () -> HTML, @HTMLBuilder body: () -> HTML
    ) -> HTML {
        let start = voidElement("html", [.lang(language)] + attributes)
        let head = head()
        let body = body()
        var html = HTML.empty
        html.bytes.reserveCapacity(start.bytes.count + head.bytes.count + body.bytes.count + 80)
        html.bytes.append(contentsOf: "<!DOCTYPE html>\n".utf8)
        html.bytes.append(contentsOf: start.bytes)
        html.bytes.append(contentsOf: "\n<head><meta charset=\"utf-8\">".utf8)
        html.bytes.append(contentsOf: head.bytes)
        html.bytes.append(contentsOf: "</head>\n".utf8)
        html.bytes.append(contentsOf: body.bytes)
        html.bytes.append(contentsOf: "\n</html>\n".utf8)
        return html
    }

    static func element(_ name: StaticString, _ attributes: [Attribute], _ content: HTML) -> HTML {
        let startCount = attributes.reduce(name.utf8CodeUnitCount + 2) { $0 + $1.maximumCount }
        return HTMLWriter.withScratch(startCount) { writer in
            writer.startTag(name, attributes)
            var html = HTML.empty
            html.bytes.reserveCapacity(writer.count + content.bytes.count + name.utf8CodeUnitCount + 3)
            writer.move(to: &html.bytes)
            html.bytes.append(contentsOf: content.bytes)
            writer.endTag(name)
            writer.move(to: &html.bytes)
            return html
        }
    }

    static func voidElement(_ name: StaticString, _ attributes: [Attribute]) -> HTML {
        let count = attributes.reduce(name.utf8CodeUnitCount + 2) { $0 + $1.maximumCount }
        return HTMLWriter.withScratch(count) { writer in
            writer.startTag(name, attributes)
            var html = HTML.empty
            writer.move(to: &html.bytes)
            return html
        }
    }

    fileprivate mutating func append(text: String) {
        HTMLWriter.withScratch(HTMLWriter.maximumEscapedCount(text)) { writer in
            writer.writeEscaped(text)
            writer.move(to: &bytes)
        }
    }
}

/// Puts pieces of HTML one after another; a `String` among them is text and gets escaped.
@resultBuilder
public enum HTMLBuilder {
    public struct Text {
        let text: String
    }

    public static func buildExpression(_ html: HTML) -> HTML { html }
    public static func buildExpression(_ html: HTML?) -> HTML { html ?? .empty }
    public static func buildExpression(_ pieces: [HTML]) -> HTML { HTML(joining: pieces) }
    public static func buildExpression(_ text: String) -> Text { Text(text: text) }
    public static func buildExpression(_ number: Int) -> Text { Text(text: String(number)) }

    public static func buildBlock() -> HTML { .empty }
    public static func buildPartialBlock(first: HTML) -> HTML { first }
    public static func buildPartialBlock(first: Text) -> HTML { .text(first.text) }
    public static func buildPartialBlock(accumulated: consuming HTML, next: HTML) -> HTML {
        accumulated.bytes.append(contentsOf: next.bytes)
        return accumulated
    }
    public static func buildPartialBlock(accumulated: consuming HTML, next: Text) -> HTML {
        accumulated.append(text: next.text)
        return accumulated
    }
    public static func buildOptional(_ html: HTML?) -> HTML { html ?? .empty }
    public static func buildEither(first: HTML) -> HTML { first }
    public static func buildEither(second: HTML) -> HTML { second }
    public static func buildArray(_ pieces: [HTML]) -> HTML { HTML(joining: pieces) }
}

extension HTTPResponse {
    /// A page. Security headers are the caller's business.
    public init(status: Int = 200, headers: HTTPHeaders = [:], html: HTML) {
        self.init(status: status, headers: headers, body: .bytes(html.bytes))
        self.headers["Content-Type"] = "text/html; charset=utf-8"
    }
}
