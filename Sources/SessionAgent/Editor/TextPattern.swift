internal import CPCRE2
internal import Platform

/// What an action looks for in a text: words as they stand, or a regular expression.
///
/// Expressions are those of PCRE2, which reads nearly all that JavaScript's do. A pattern is looked for within each line,
/// unless it holds a line break itself. How long one may take is bounded: a bad expression ends in a problem, not in an agent
/// that hangs.
final class TextPattern {
    /// Bytes of the longest expression.
    static let longest = 8192
    /// Steps of the matcher for one attempt; some milliseconds.
    private static let stepLimit: UInt32 = 400_000
    /// KiB that one attempt may take beside the stack.
    private static let heapLimit: UInt32 = 4096
    /// Milliseconds for all attempts of one search together.
    private static let patience = 500

    private enum Kind {
        case words([UInt8])
        case expression(code: OpaquePointer, data: OpaquePointer, context: OpaquePointer, groups: Int)
    }
    private let kind: Kind
    private let spansLines: Bool

    /// Words to be found as they are.
    init(words: String) throws(EditProblem) {
        guard !words.isEmpty else { throw EditProblem(.fields, AgentText.nothingToLookFor) }
        kind = .words(Array(words.utf8))
        spansLines = words.utf8.contains(10)
    }

    init(expression: String) throws(EditProblem) {
        guard !expression.isEmpty else { throw EditProblem(.fields, AgentText.nothingToLookFor) }
        var pattern = Array(expression.utf8)
        guard pattern.count <= TextPattern.longest else { throw EditProblem(.fields, AgentText.expressionTooLong) }
        // `\n` as its author writes it: a backslash that is not itself escaped, and an n.
        spansLines = pattern.contains(10) || TextPattern.hasLineBreakEscape(pattern)
        var options = UInt32(PCRE2_UTF) | UInt32(PCRE2_NEVER_BACKSLASH_C) | UInt32(PCRE2_ALT_BSUX)
        options |= UInt32(PCRE2_MATCH_UNSET_BACKREF)
        if spansLines { options |= UInt32(PCRE2_MULTILINE) }
        var code: Int32 = 0
        var place = 0
        let compiled = pcre2_compile_8(&pattern, pattern.count, options, &code, &place, nil)
        guard let compiled else {
            throw EditProblem(.fields, AgentText.badExpression(TextPattern.message(code), at: place))
        }
        guard let data = pcre2_match_data_create_from_pattern_8(compiled, nil) else {
            pcre2_code_free_8(compiled)
            throw EditProblem(.refused, AgentText.outOfMemory)
        }
        guard let context = pcre2_match_context_create_8(nil) else {
            pcre2_match_data_free_8(data)
            pcre2_code_free_8(compiled)
            throw EditProblem(.refused, AgentText.outOfMemory)
        }
        pcre2_set_match_limit_8(context, TextPattern.stepLimit)
        pcre2_set_heap_limit_8(context, TextPattern.heapLimit)
        var groups: UInt32 = 0
        pcre2_pattern_info_8(compiled, UInt32(PCRE2_INFO_CAPTURECOUNT), &groups)
        kind = .expression(code: compiled, data: data, context: context, groups: Int(groups))
    }

    deinit {
        if case .expression(let code, let data, let context, _) = kind {
            pcre2_match_context_free_8(context)
            pcre2_match_data_free_8(data)
            pcre2_code_free_8(code)
        }
    }

    /// Where the pattern is found in some lines of a text, first to last, without overlap.
    /// - Parameters:
    ///   - lines: indices of lines.
    ///   - group: 0 for all that was found, or a group of the expression.
    ///   - most: how many are wanted.
    /// - Returns: byte ranges of `text`.
    func places(in text: TextLines, lines: Range<Int>, group: Int = 0, most: Int = .max) throws(EditProblem)
        -> [Range<Int>]
    {
        if case .expression(_, _, _, let groups) = kind {
            guard group >= 0, group <= groups else { throw EditProblem(.fields, AgentText.noSuchGroup(group, groups)) }
        } else if group != 0 {
            throw EditProblem(.fields, AgentText.noSuchGroup(group, 0))
        }
        guard !lines.isEmpty, most > 0 else { return [] }
        let limit = MonotonicTime.milliseconds() + TextPattern.patience
        var found: [Range<Int>] = []
        if spansLines {
            let region = text.starts[lines.lowerBound]..<text.contentEnd(of: lines.upperBound - 1)
            try search(text.bytes, region, group, most, limit, &found)
            return found
        }
        for line in lines {
            try search(text.bytes, text.starts[line]..<text.contentEnd(of: line), group, most, limit, &found)
            if found.count >= most { break }
        }
        return found
    }

    /// The first line in which the pattern is found, with the last one that it reaches into.
    func firstLines(in text: TextLines, lines: Range<Int>) throws(EditProblem) -> ClosedRange<Int>? {
        guard let place = try places(in: text, lines: lines, most: 1).first else { return nil }
        let first = text.line(at: place.lowerBound)
        return first...max(first, text.line(at: max(place.lowerBound, place.upperBound - 1)))
    }

    private func search(
        _ bytes: [UInt8], _ region: Range<Int>, _ group: Int, _ most: Int, _ limit: Int, _ found: inout [Range<Int>]
    ) throws(EditProblem) {
        switch kind {
        case .words(let words):
            var from = region.lowerBound
            while found.count < most, let place = TextPattern.firstPlace(of: words, in: bytes, from..<region.upperBound)
            {
                found.append(place..<place + words.count)
                from = place + words.count
            }
        case .expression(let code, let data, let context, _):
            var offset = 0
            var previous = -1
            while found.count < most {
                guard MonotonicTime.milliseconds() < limit else {
                    throw EditProblem(.fields, AgentText.expressionTooSlow)
                }
                let result = bytes.withUnsafeBufferPointer { buffer in
                    // Text that may be edited is UTF-8 (`TextLines`), so that it need not be checked again for each line.
                    pcre2_match_8(
                        code, buffer.baseAddress.map { $0 + region.lowerBound }, region.count, offset,
                        UInt32(PCRE2_NO_UTF_CHECK), data, context)
                }
                if result == PCRE2_ERROR_NOMATCH { return }
                guard result >= 0, let ends = pcre2_get_ovector_pointer_8(data) else {
                    throw EditProblem(.fields, AgentText.expressionTooSlow)
                }
                // Offsets are sizes; one that is not set is their largest value, which reads as -1 here.
                let whole = ends[0]..<max(ends[0], ends[1])
                let start = ends[2 * group]
                // Nothing right behind what was found is no second find; a group that took no part is none at all.
                if result > Int32(group), start >= 0, !(whole.isEmpty && whole.lowerBound == previous) {
                    let end = max(start, ends[2 * group + 1])
                    found.append(region.lowerBound + start..<region.lowerBound + end)
                }
                previous = whole.upperBound
                offset = whole.upperBound
                if whole.isEmpty {
                    guard offset < region.count else { return }
                    repeat {
                        offset += 1
                    } while offset < region.count && bytes[region.lowerBound + offset] & 0xC0 == 0x80
                }
            }
        }
    }

    static func firstPlace(of words: [UInt8], in bytes: [UInt8], _ region: Range<Int>) -> Int? {
        guard let first = words.first, region.count >= words.count else { return nil }
        return bytes.withUnsafeBufferPointer { bytes -> Int? in
            var at = region.lowerBound
            let last = region.upperBound - words.count
            while at <= last {
                if bytes[at] == first {
                    var count = 1
                    while count < words.count, bytes[at + count] == words[count] { count += 1 }
                    if count == words.count { return at }
                }
                at += 1
            }
            return nil
        }
    }

    private static func hasLineBreakEscape(_ pattern: [UInt8]) -> Bool {
        var isEscaped = false
        for byte in pattern {
            if isEscaped {
                if byte == UInt8(ascii: "n") { return true }
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            }
        }
        return false
    }

    private static func message(_ code: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 200)
        let count = pcre2_get_error_message_8(code, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer.prefix(Int(count)), as: UTF8.self) : "error \(code)"
    }
}
