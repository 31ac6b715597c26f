internal import Platform

/// What a page asks for before a learner may go on: `requires` in its front matter.
///
///     requires: check              every check on the page
///     requires: [tests/one, two]   those
///     requires:
///       checks: all                or a list
///       skip: true                 later pages may be opened all the same, from the contents
struct PageRequirement: Equatable, Sendable {
    enum Checks: Equatable, Sendable {
        case all
        case named([String])
    }
    var checks: Checks
    /// Whether the pages behind it are open although its "next" is not.
    var isSkippable = false

    init(_ checks: Checks, isSkippable: Bool = false) {
        self.checks = checks
        self.isSkippable = isSkippable
    }

    /// `nil` for what is none of the forms above, also when it says that nothing is required.
    init?(_ node: YAMLNode) {
        if let checks = node["checks"] {
            guard let asked = PageRequirement.checks(checks) else { return nil }
            self.init(asked)
            if case .boolean(true) = node["skip"]?.scalar?.value { isSkippable = true }
        } else {
            guard let asked = PageRequirement.checks(node) else { return nil }
            self.init(asked)
        }
    }

    private static func checks(_ node: YAMLNode) -> Checks? {
        if let items = node.sequence {
            let names = items.compactMap(\.text).filter { !$0.isEmpty }
            return names.isEmpty ? nil : .named(names)
        }
        guard let word = node.text else { return nil }
        return ["check", "checks", "all"].contains(word) ? .all : nil
    }

    /// Whether it is met.
    /// - Parameter onPage: the checks that the page has.
    func isMet(by passed: PassedChecks, onPage: [CheckCall]) -> Bool {
        switch checks {
        case .all: onPage.allSatisfy(passed.contains)
        case .named(let names):
            names.allSatisfy { name in
                let calls = onPage.filter { $0.name == name }
                return calls.isEmpty ? passed.contains(anyNamed: name) : calls.allSatisfy(passed.contains)
            }
        }
    }
}
