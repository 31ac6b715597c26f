// modules: Platform
import Platform

/// Markdown with raw HTML in it: whatever comes, no script, no handler, and nothing that is left open.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzMarkdown(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    var hooks = MarkdownHooks()
    hooks.keepsHTML = true
    hooks.anchorPrefix = "at-"
    hooks.taskLabels = (done: "Done", open: "Open")
    hooks.callout = { .init(before: "<div class=\"callout \($0.count)\">", after: "</div>") }
    hooks.paragraph = { text in
        switch text {
        case "((": .open(.init(before: "<div class=\"callout\">", after: "</div>"))
        case "))": .close
        default: nil
        }
    }
    guard let html = try? MarkdownRenderer().html(text, hooks: hooks) else { return 0 }
    var open: [String] = []
    for tag in Tag.all(in: Array(html.utf8)) {
        precondition(!["script", "style", "iframe", "svg", "math", "form", "button", "object"].contains(tag.name))
        for attribute in tag.attributes {
            precondition(!attribute.name.hasPrefix("on") && attribute.name != "style", attribute.name)
            guard attribute.name == "href" || attribute.name == "src" else { continue }
            let value = attribute.value.lowercased().utf8.filter { $0 > 32 }
            precondition(!value.starts(with: "javascript:".utf8) && !value.starts(with: "data:".utf8))
        }
        guard ["div", "details", "b", "ul", "table"].contains(tag.name) else { continue }
        if tag.isEnd {
            guard let place = open.lastIndex(of: tag.name) else { preconditionFailure("an end without beginning") }
            open.remove(at: place)
        } else {
            open.append(tag.name)
        }
    }
    precondition(open.isEmpty, "left open: \(open)")
    return 0
}

/// A tag as a browser reads it, in HTML that was written by us: names in lower case, values in double quotes.
private struct Tag {
    var name = ""
    var isEnd = false
    var attributes: [(name: String, value: String)] = []

    static func all(in bytes: [UInt8]) -> [Tag] {
        var tags: [Tag] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "<") else {
                index += 1
                continue
            }
            var tag = Tag()
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "/") {
                tag.isEnd = true
                index += 1
            }
            tag.name = word(bytes, &index)
            // Comments of the renderer's own say that HTML was left out.
            while index < bytes.count, bytes[index] != UInt8(ascii: ">") {
                let name = word(bytes, &index)
                if name.isEmpty {
                    index += 1
                    continue
                }
                var value = ""
                if index + 1 < bytes.count, bytes[index] == UInt8(ascii: "="), bytes[index + 1] == UInt8(ascii: "\"") {
                    let start = index + 2
                    index = bytes[start...].firstIndex(of: UInt8(ascii: "\"")) ?? bytes.count
                    value = String(decoding: bytes[start..<index], as: UTF8.self)
                    index += 1
                }
                tag.attributes.append((name, value))
            }
            index += 1
            if !tag.name.hasPrefix("!") { tags.append(tag) }
        }
        return tags
    }

    private static func word(_ bytes: [UInt8], _ index: inout Int) -> String {
        let start = index
        while index < bytes.count, bytes[index] > 32, !"=>/\"".utf8.contains(bytes[index]) { index += 1 }
        return String(decoding: bytes[start..<index], as: UTF8.self).lowercased()
    }
}
