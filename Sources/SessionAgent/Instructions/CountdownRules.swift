internal import Platform

/// How the time that is left is shown (`countdown` in `workshop/config.yaml`; spec/dashboard.md section 10).
struct CountdownRules: Equatable, Sendable {
    /// Seconds before the end from which the time is amber, and red.
    var amber = 300
    var red = 60
    /// Seconds before the end at which the learner is told, largest first.
    var warnings = [300, 60]
    /// Seconds after the end until the browser goes back by itself; `nil` to wait for the learner.
    var leaveAfter: Int?

    /// How many warnings there may be.
    static let warningLimit = 20

    init() {}

    init(
        _ node: YAMLNode, problem: (String, YAMLPlace?) -> WorkshopConfiguration.Problem,
        onProblem: (WorkshopConfiguration.Problem) -> Void
    ) {
        func seconds(_ node: YAMLNode?, _ name: String) -> Int? {
            guard let node, !node.isNull else { return nil }
            if let seconds = node.text.flatMap(CountdownRules.seconds) { return seconds }
            onProblem(problem("expected a time such as 5m, 90s or 1h for \(name)", node.place))
            return nil
        }
        amber = seconds(node["amber"], "amber") ?? amber
        red = seconds(node["red"], "red") ?? min(red, amber)
        if let list = node["warnings"] {
            let items = list.sequence ?? (list.isNull ? [] : [list])
            let times = items.prefix(CountdownRules.warningLimit).compactMap { seconds($0, "a warning") }
            warnings = Set(times).filter { $0 > 0 }.sorted(by: >)
        } else {
            warnings = Set([amber, red].filter { $0 > 0 }).sorted(by: >)
        }
        if let leave = node["leave"], leave.text != "never" { leaveAfter = seconds(leave, "leave") }
        if red > amber {
            onProblem(problem("red begins before amber", node["red"]?.place ?? node.place))
            red = amber
        }
    }

    /// `90`, `90s`, `5m` or `1h`; at most a day.
    static func seconds(_ text: String) -> Int? {
        let unit: Int
        switch text.last {
        case "s": unit = 1
        case "m": unit = 60
        case "h": unit = 3600
        default: unit = 1
        }
        let digits = ["s", "m", "h"].contains(text.last) ? text.dropLast() : text[...]
        guard !digits.isEmpty, digits.utf8.count <= 5, digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }),
            let number = Int(digits), number * unit <= 86_400
        else { return nil }
        return number * unit
    }
}
