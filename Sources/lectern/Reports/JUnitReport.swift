/// The result of `lectern test` in the format that build servers read: JUnit's XML.
struct JUnitReport {
    struct Case {
        /// What the case is told by, for example `02-edit.md:14 execute: git init`.
        var name: String
        /// The page.
        var group: String
        /// Seconds.
        var time: Double
        var outcome: Outcome
        /// What the terminal or the check said.
        var output: String = ""
    }

    enum Outcome: Equatable {
        case passed
        case failed(String)
        case skipped(String)
    }

    var name: String
    var cases: [Case]

    var text: String {
        let failures = cases.count { if case .failed = $0.outcome { true } else { false } }
        let skipped = cases.count { if case .skipped = $0.outcome { true } else { false } }
        let time = cases.reduce(0) { $0 + $1.time }
        let counts =
            "tests=\"\(cases.count)\" failures=\"\(failures)\" errors=\"0\" skipped=\"\(skipped)\" "
            + "time=\"\(JUnitReport.seconds(time))\""
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        text += "<testsuites name=\"lectern test\" \(counts)>\n"
        text += "  <testsuite name=\"\(XMLText.escaped(name))\" \(counts)>\n"
        for item in cases { text += JUnitReport.element(item) }
        return text + "  </testsuite>\n</testsuites>\n"
    }

    private static func element(_ item: Case) -> String {
        var text =
            "    <testcase name=\"\(XMLText.escaped(item.name))\" classname=\"\(XMLText.escaped(item.group))\" "
            + "time=\"\(seconds(item.time))\""
        var inner = ""
        switch item.outcome {
        case .passed: break
        case .failed(let why): inner += "      <failure message=\"\(XMLText.escaped(why))\"/>\n"
        case .skipped(let why): inner += "      <skipped message=\"\(XMLText.escaped(why))\"/>\n"
        }
        if !item.output.isEmpty { inner += "      <system-out>\(XMLText.escaped(item.output))</system-out>\n" }
        text += inner.isEmpty ? "/>\n" : ">\n\(inner)    </testcase>\n"
        return text
    }

    /// With milliseconds, whatever the size.
    static func seconds(_ value: Double) -> String {
        let milliseconds = Int((max(0, value) * 1000).rounded())
        let rest = String(milliseconds % 1000)
        return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
    }
}

/// Text in XML 1.0.
enum XMLText {
    /// For attributes in double quotes and for elements. What XML cannot hold at all (section 2.2) is shown as U+FFFD.
    static func escaped(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result.append(contentsOf: "&amp;".unicodeScalars)
            case "<": result.append(contentsOf: "&lt;".unicodeScalars)
            case ">": result.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
            case "\n", "\t": result.append(scalar)
            case "\r": result.append(contentsOf: "&#13;".unicodeScalars)
            default:
                let isText = scalar.value >= 32 && scalar.value != 0xFFFE && scalar.value != 0xFFFF
                result.append(isText ? scalar : "\u{FFFD}")
            }
        }
        return String(result)
    }
}
