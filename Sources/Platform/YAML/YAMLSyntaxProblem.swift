internal import CYAML

/// Says what libyaml found wrong in words that help whoever wrote the file.
enum YAMLSyntaxProblem {
    static func describe(_ parser: UnsafeMutablePointer<yaml_parser_t>, _ bytes: [UInt8]) -> YAMLProblem {
        let state = parser.pointee
        let problem = state.problem.map { String(cString: $0) } ?? "unknown reason"
        if state.error == YAML_MEMORY_ERROR {
            return YAMLProblem(place: YAMLPlace(line: 1, column: 1), message: "out of memory")
        }
        if state.error == YAML_READER_ERROR {
            let place = place(ofOffset: Int(state.problem_offset), in: bytes)
            if problem == "control characters are not allowed" {
                let code = String(UInt32(bitPattern: state.problem_value), radix: 16, uppercase: true)
                let padded = String(repeating: "0", count: max(0, 4 - code.count)) + code
                return YAMLProblem(place: place, message: "found the control character U+\(padded), expected text")
            }
            return YAMLProblem(
                place: place, message: "found bytes that are not UTF-8 (\(problem)), expected text in UTF-8")
        }
        let place = YAMLPlace(state.problem_mark)
        let line = line(place.line, of: bytes)
        if let tab = line.prefix(while: { $0 == 32 || $0 == 9 }).firstIndex(of: 9) {
            return YAMLProblem(
                place: YAMLPlace(line: place.line, column: tab - line.startIndex + 1),
                message: "found a tab, expected spaces for indentation")
        }
        if problem == "mapping values are not allowed in this context" {
            let message =
                "found \":\" where no key can stand, expected a line indented as the one before it,"
                + " or quotes around a text that holds \": \""
            return YAMLProblem(place: place, message: message)
        }
        if problem == "found character that cannot start any token", let character = character(place.column, of: line) {
            return YAMLProblem(
                place: place, message: "found \"\(character)\" at the start of a text, expected quotes around the text")
        }
        var message = "not valid YAML: \(problem)"
        if let context = state.context {
            let start = YAMLPlace(state.context_mark)
            message += " (\(String(cString: context)) that begins at line \(start.line), column \(start.column))"
        }
        return YAMLProblem(place: place, message: message)
    }

    /// Line and column of a byte, for errors that libyaml reports by offset.
    private static func place(ofOffset offset: Int, in bytes: [UInt8]) -> YAMLPlace {
        var line = 1
        var column = 1
        for (index, byte) in bytes.prefix(offset).enumerated() {
            if byte == 10 || (byte == 13 && (index + 1 >= bytes.count || bytes[index + 1] != 10)) {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return YAMLPlace(line: line, column: column)
    }

    /// The bytes of a line, without its line break.
    private static func line(_ number: Int, of bytes: [UInt8]) -> ArraySlice<UInt8> {
        var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        for _ in 1..<max(1, number) {
            guard let end = bytes[start...].firstIndex(of: 10) else { return [] }
            start = end + 1
        }
        return bytes[start...].prefix { $0 != 10 }
    }

    private static func character(_ column: Int, of line: ArraySlice<UInt8>) -> Character? {
        let rest = String(decoding: line, as: UTF8.self).unicodeScalars.dropFirst(column - 1)
        return rest.first.flatMap { $0.value > 32 ? Character($0) : nil }
    }
}
