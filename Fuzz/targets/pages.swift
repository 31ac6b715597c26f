// modules: Platform HTTP SessionAgent
import Platform

@testable import SessionAgent

/// Front matter, shortcodes and template tags of a page: values stay text, and no mark of ours is left in the page.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPages(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let first = bytes.first else { return 0 }
    let split = FrontMatter.split(Array(bytes.dropFirst()))
    precondition(split.bodyLine >= 1 && split.body.count <= count)
    let value = "\u{7}<b onx=\"y\">*z*"
    let context = PageSource.Context(
        isClassic: first & 1 == 1, parameters: ["a": value], pathway: "p", pages: ["a", "b/c"],
        snippets: [
            "s": ShortcodeSnippet("<div title=\"{{ .Get 0 }}\">{{ .Inner | markdownify }}</div>"),
            "t": ShortcodeSnippet(String(decoding: bytes.prefix(200), as: UTF8.self)),
        ])
    let source = PageSource(split.body, firstLine: split.bodyLine, context: context)
    precondition(source.output.count <= PageSource.outputLimit)
    let lines = split.body.count { $0 == 10 } + 1
    for problem in source.problems {
        precondition(problem.line >= split.bodyLine && problem.line < split.bodyLine + lines)
    }
    var hooks = MarkdownHooks()
    hooks.text = source.pieces
    hooks.literal = source.literal
    hooks.paragraph = source.paragraph
    hooks.callout = PageBlocks.quoted
    hooks.keepsHTML = true
    hooks.found = { _, line in
        let place = source.fileLine(line)
        precondition(place >= split.bodyLine && place < split.bodyLine + lines)
    }
    guard let html = try? MarkdownRenderer(limit: 8 << 20).html(source.text, hooks: hooks) else { return 0 }
    // The bell stands in no page: where it is, the value is.
    precondition(!html.contains("\u{7}<b") && !html.contains("\u{7}&lt;b onx=\"y\""))
    return 0
}
