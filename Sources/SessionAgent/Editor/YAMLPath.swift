internal import Platform

/// Which value of a YAML text is meant: `spec.containers[0].image`, `items[name=web]`, `labels["app.kubernetes.io/name"]`.
/// Nothing at all means the whole document (spec/dashboard.md section 6).
struct YAMLPath: Equatable {
    enum Part: Equatable {
        case key(String)
        /// From 0.
        case index(Int)
        /// The first item of a list that is a mapping with this value under this key.
        case item(key: String, value: String)
    }
    var parts: [Part] = []

    init(_ text: String) throws(EditProblem) {
        var reader = Reader(text: text, bytes: Array(text.utf8))
        parts = try reader.parts()
        guard parts.count <= 64 else { throw EditProblem(.fields, AgentText.badYAMLPath(text)) }
    }

    init(parts: [Part]) { self.parts = parts }

    var text: String {
        var text = ""
        for part in parts {
            switch part {
            case .key(let key):
                let isPlain = !key.isEmpty && !key.utf8.contains { ".[]\"'\\".utf8.contains($0) }
                if isPlain {
                    text += text.isEmpty ? key : "." + key
                } else {
                    text += "[\"" + key.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\"]"
                }
            case .index(let index): text += "[\(index)]"
            case .item(let key, let value): text += "[\(key)=\(value)]"
            }
        }
        return text
    }

    private struct Reader {
        let text: String
        let bytes: [UInt8]
        var at = 0

        private var problem: EditProblem { EditProblem(.fields, AgentText.badYAMLPath(text)) }

        mutating func parts() throws(EditProblem) -> [Part] {
            var parts: [Part] = []
            while at < bytes.count {
                switch bytes[at] {
                case UInt8(ascii: "["): parts.append(try bracket())
                case UInt8(ascii: "."):
                    // Between two names, or before the first one.
                    at += 1
                    guard at < bytes.count, bytes[at] != UInt8(ascii: ".") else { throw problem }
                default:
                    let start = at
                    while at < bytes.count, bytes[at] != UInt8(ascii: "."), bytes[at] != UInt8(ascii: "[") { at += 1 }
                    parts.append(.key(String(decoding: bytes[start..<at], as: UTF8.self)))
                }
            }
            return parts
        }

        private mutating func bracket() throws(EditProblem) -> Part {
            at += 1
            if let quoted = try quotedText() {
                guard take(UInt8(ascii: "]")) else { throw problem }
                return .key(quoted)
            }
            let start = at
            while at < bytes.count, bytes[at] != UInt8(ascii: "]"), bytes[at] != UInt8(ascii: "=") { at += 1 }
            guard at < bytes.count else { throw problem }
            let name = String(decoding: bytes[start..<at], as: UTF8.self)
            if take(UInt8(ascii: "]")) {
                guard !name.isEmpty, name.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), let index = Int(name) else {
                    throw problem
                }
                return .index(index)
            }
            at += 1
            guard !name.isEmpty else { throw problem }
            if let quoted = try quotedText() {
                guard take(UInt8(ascii: "]")) else { throw problem }
                return .item(key: name, value: quoted)
            }
            let valueStart = at
            while at < bytes.count, bytes[at] != UInt8(ascii: "]") { at += 1 }
            let value = String(decoding: bytes[valueStart..<at], as: UTF8.self)
            guard take(UInt8(ascii: "]")) else { throw problem }
            return .item(key: name, value: value)
        }

        private mutating func quotedText() throws(EditProblem) -> String? {
            guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") || bytes[at] == UInt8(ascii: "'") else {
                return nil
            }
            let quote = bytes[at]
            at += 1
            var value: [UInt8] = []
            while at < bytes.count, bytes[at] != quote {
                if bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count { at += 1 }
                value.append(bytes[at])
                at += 1
            }
            guard take(quote) else { throw problem }
            return String(decoding: value, as: UTF8.self)
        }

        private mutating func take(_ byte: UInt8) -> Bool {
            guard at < bytes.count, bytes[at] == byte else { return false }
            at += 1
            return true
        }
    }
}
