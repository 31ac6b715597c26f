internal import HTTP

/// A Killercoda or Katacoda scenario as its `index.json` tells it.
struct KillercodaScenario {
    struct Part {
        var title = ""
        /// The Markdown file, relative to the scenario.
        var text = ""
        var verify = ""
        var foreground = ""
        var background = ""
    }

    struct Asset: Equatable {
        /// Relative to the folder `assets`; may hold `*`.
        var file: String
        var target: String
        var isExecutable: Bool
    }

    struct Dashboard: Equatable {
        var name: String
        var port: Int
    }

    var title = ""
    var description = ""
    var difficulty = ""
    var time = ""
    var intro: Part?
    var steps: [Part] = []
    var finish: Part?
    var assets: [Asset] = []
    var image = ""
    var layout = ""
    var dashboards: [Dashboard] = []
    private(set) var notes: [ImportNote] = []

    private let source: [Substring]

    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameter text: the content of `index.json`.
    /// - Throws: `Problem` when it is no JSON object, or has no steps.
    init(_ text: String) throws(Problem) {
        source = text.split(separator: "\n", omittingEmptySubsequences: false)
        let plain = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
        guard let root = JSONValue(parsing: plain), case .object(let members) = root else {
            throw Problem(description: "index.json is not a JSON object")
        }
        title = root["title"]?.string ?? ""
        description = root["description"]?.string ?? ""
        difficulty = (root["difficulty"]?.string ?? "").lowercased()
        time = root["time"]?.string ?? ""
        let details = root["details"]
        if let value = details?["intro"] { intro = part(value) }
        for value in details?["steps"]?.array ?? [] { steps.append(part(value)) }
        if let value = details?["finish"] { finish = part(value) }
        guard !steps.isEmpty || intro != nil else {
            throw Problem(description: "index.json has no details.steps: it is not a scenario")
        }
        readAssets(details?["assets"])
        let backend = root["backend"]
        image = backend?["imageid"]?.string ?? backend?["imageId"]?.string ?? ""
        readInterface(root)
        let known = [
            "title", "description", "difficulty", "time", "details", "backend", "interface", "environment", "files",
            "pathwayTitle", "icon", "type",
        ]
        for member in members where !known.contains(member.name) {
            note("\"\(member.name)\" has no counterpart", about: member.name)
        }
        if root["files"] != nil { note("\"files\" has no counterpart", about: "files") }
        if case .object(let members)? = details {
            for member in members where !["intro", "steps", "finish", "assets"].contains(member.name) {
                note("\"details.\(member.name)\" has no counterpart", about: member.name)
            }
        }
    }

    private mutating func part(_ value: JSONValue) -> Part {
        if case .object(let members) = value {
            let known = ["title", "text", "verify", "foreground", "background", "code", "courseData", "credits"]
            for member in members where !known.contains(member.name) {
                note("\"\(member.name)\" has no counterpart", about: member.name)
            }
        }
        // Katacoda's names for what Killercoda calls background and foreground.
        let background = value["background"]?.string ?? value["courseData"]?.string ?? ""
        let foreground = value["foreground"]?.string ?? value["code"]?.string ?? ""
        return Part(
            title: value["title"]?.string ?? "", text: value["text"]?.string ?? "",
            verify: value["verify"]?.string ?? "", foreground: foreground, background: background)
    }

    private mutating func readAssets(_ value: JSONValue?) {
        guard case .object(let hosts)? = value else { return }
        for (index, host) in hosts.enumerated() {
            if index > 0 { note("the assets of \(host.name) are put beside those of the first host", about: host.name) }
            for item in host.value.array ?? [] {
                guard let file = item["file"]?.string else { continue }
                assets.append(
                    Asset(
                        file: file, target: item["target"]?.string ?? "~/",
                        isExecutable: (item["chmod"]?.string ?? "").contains("x")
                            || (item["chmod"]?.string ?? "").hasPrefix("7")))
            }
        }
    }

    private mutating func readInterface(_ root: JSONValue) {
        layout = root["interface"]?["layout"]?.string ?? root["environment"]?["uilayout"]?.string ?? ""
        for item in root["environment"]?["dashboards"]?.array ?? [] {
            guard let name = item["name"]?.string, let port = item["port"]?.int else {
                note("a dashboard without a name and a port has no counterpart", about: "dashboards")
                continue
            }
            dashboards.append(Dashboard(name: name, port: port))
        }
    }

    private mutating func note(_ message: String, about word: String) {
        notes.append(ImportNote(file: "index.json", line: line(of: "\"\(word)\""), message: message))
    }

    /// The first line of `index.json` that holds a text; 0 when there is none.
    func line(of text: String) -> Int { source.firstIndex { $0.contains(text) }.map { $0 + 1 } ?? 0 }
}
