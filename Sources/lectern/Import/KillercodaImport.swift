internal import Glibc
internal import HTTP
internal import Platform

/// A workshop made from a Killercoda scenario.
struct KillercodaImport {
    private(set) var files = WorkshopFiles()
    private(set) var notes: [ImportNote]
    let name: WorkshopName

    private let folder: String
    private let scenario: KillercodaScenario
    private var ports: Set<Int> = []
    private var terminals: Set<Int> = [1]
    private var usesEditor = false
    private var usesChecks = false
    private var pages = 0
    private var carried: Set<String> = ["index.json"]

    /// - Parameter folder: the one with `index.json`.
    /// - Throws: `StartFailure` when it cannot be read.
    init(folder: String, name: WorkshopName) throws {
        self.folder = folder
        self.name = name
        do throws(KillercodaScenario.Problem) {
            scenario = try KillercodaScenario(try KillercodaImport.text(folder + "/index.json"))
        } catch {
            throw StartFailure("\(folder): \(error)")
        }
        notes = scenario.notes
        if let intro = scenario.intro {
            addPage(intro, title: intro.title.isEmpty ? "Introduction" : intro.title, key: "intro")
        }
        for (index, step) in scenario.steps.enumerated() {
            addPage(step, title: step.title.isEmpty ? "Step \(index + 1)" : step.title, key: "step-\(index + 1)")
        }
        if let finish = scenario.finish {
            addPage(finish, title: finish.title.isEmpty ? "The end" : finish.title, key: "finish")
        }
        addAssets()
        describeMachine()
        files.add("resources/workshop.yaml", definition)
        notes.sort(by: ImportNote.isBefore)
    }

    private static func text(_ path: String) throws(KillercodaScenario.Problem) -> String {
        do {
            return try textOfFile(path)
        } catch {
            throw KillercodaScenario.Problem(description: "\(error)")
        }
    }

    // MARK: Pages

    private mutating func addPage(_ part: KillercodaScenario.Part, title: String, key: String) {
        pages += 1
        let number = pages < 10 ? "0\(pages)" : String(pages)
        var text = ""
        if part.text.isEmpty {
            note(line: 0, "\(key) has no text")
        } else if let source = read(part.text) {
            let base = part.text.lastIndex(of: "/").map { String(part.text[...$0]) } ?? ""
            let page = KillercodaPage(source, file: part.text) { [folder] written in
                KillercodaImport.found(written, base: base, in: folder)
            }
            text = page.markdown
            notes += page.notes
            ports.formUnion(page.ports)
            terminals.formUnion(page.terminals)
            usesEditor = usesEditor || page.usesEditor
            for written in page.files { copyContent(written, base: base) }
            tellNeeds(source, part.text)
        }
        var body = "---\ntitle: \(StarterWorkshop.quoted(title))\nweight: \(pages * 10)\n---\n\n"
        body += scripts(part, key)
        body += text
        if let check = check(part, key) { body += "\n" + check }
        if text.isEmpty && body.hasSuffix("---\n\n") { body += "…\n" }
        files.add("workshop/content/\(number)-\(key).md", body)
    }

    /// The actions that begin a page's scripts.
    private mutating func scripts(_ part: KillercodaScenario.Part, _ key: String) -> String {
        var text = ""
        if !part.background.isEmpty, let script = script(part.background) {
            if key == "intro" {
                files.add("workshop/setup.d/\(key).sh", script, isExecutable: true)
                note(part.background, "runs before the learner comes in, not while the first page is read")
            } else {
                files.add("workshop/killercoda/\(key)-background.sh", script, isExecutable: true)
                note(part.background, "is begun in terminal 1 when the page opens, where the learner sees it")
                let command = "(/opt/workshop/killercoda/\(key)-background.sh > ~/.\(key).log 2>&1 &)"
                text += autostart(command)
            }
        }
        if !part.foreground.isEmpty, let script = script(part.foreground) {
            files.add("workshop/killercoda/\(key)-foreground.sh", script, isExecutable: true)
            text += autostart("/opt/workshop/killercoda/\(key)-foreground.sh")
        }
        return text
    }

    private func autostart(_ command: String) -> String {
        KillercodaPage.fenced(
            "terminal:execute", "command: \(StarterWorkshop.quoted(command))\nautostart: true\nhidden: true"
        ).joined(separator: "\n") + "\n\n"
    }

    private mutating func check(_ part: KillercodaScenario.Part, _ key: String) -> String? {
        guard !part.verify.isEmpty, let script = script(part.verify) else { return nil }
        usesChecks = true
        files.add("workshop/examiner/tests/\(key)", script, isExecutable: true)
        return KillercodaPage.fenced("examiner:execute-test", "name: \(key)\ntitle: Check this step")
            .joined(separator: "\n") + "\n"
    }

    /// A script as it can be run: with a first line that says by what.
    private mutating func script(_ path: String) -> String? {
        guard let text = read(path) else { return nil }
        tellNeeds(text, path)
        let plain = text.replacing("\r\n", with: "\n")
        return plain.hasPrefix("#!") ? plain : "#!/bin/bash\n" + plain
    }

    /// What the learner, who is not root and has no network, cannot do.
    private mutating func tellNeeds(_ text: String, _ path: String) {
        let needs = [
            ("sudo ", "root"), ("apt-get ", "root and a network"), ("apt install", "root and a network"),
            ("docker ", "Docker"), ("kubectl ", "a cluster"), ("systemctl ", "systemd"), ("podman ", "Podman"),
        ]
        for (word, need) in needs {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            guard let index = lines.firstIndex(where: { $0.contains(word) }) else { continue }
            notes.append(
                ImportNote(
                    file: path, line: index + 1,
                    message: "\"\(word.trimmed)\" needs \(need), which a sandbox does not have"))
        }
    }

    // MARK: Files

    /// The address that a relative file gets: relative to the pages' folder.
    private static func found(_ written: String, base: String, in folder: String) -> String? {
        guard let path = place(of: written, base: base, in: folder) else { return nil }
        return path.split(separator: "/").map { PercentEncoding.encode(String($0)) }.joined(separator: "/")
    }

    /// A file of the scenario by its address in a page: beside the page, or from the scenario's folder. Never outside.
    private static func place(of written: String, base: String, in folder: String) -> String? {
        let path = PercentEncoding.decode(written.prefix { $0 != "#" && $0 != "?" })
        for candidate in [base + path, path.hasPrefix("/") ? String(path.dropFirst()) : path] {
            guard let plain = normalised(candidate), !plain.isEmpty, isFile(folder + "/" + plain) else { continue }
            return plain
        }
        return nil
    }

    /// Without `.` and `..`; `nil` when it leads out.
    private static func normalised(_ path: String) -> String? {
        var parts: [Substring] = []
        for part in path.split(separator: "/") {
            switch part {
            case ".": continue
            case "..": if parts.popLast() == nil { return nil }
            default: parts.append(part)
            }
        }
        return parts.joined(separator: "/")
    }

    private static func isFile(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    private mutating func copyContent(_ written: String, base: String) {
        guard let path = KillercodaImport.place(of: written, base: base, in: folder) else { return }
        carried.insert(path)
        // A page of the scenario is a page of the workshop under another name.
        guard !path.hasSuffix(".md"), let bytes = bytes(path) else { return }
        files.add("workshop/content/\(path)", bytes: bytes)
    }

    private mutating func addAssets() {
        for asset in scenario.assets {
            let names = KillercodaImport.names(below: folder + "/assets").filter {
                fnmatch(asset.file, $0, FNM_PATHNAME) == 0 || $0 == asset.file
            }
            if names.isEmpty {
                note(line: scenario.line(of: "\"\(asset.file)\""), "assets/\(asset.file) does not exist")
            }
            for name in names {
                carried.insert("assets/" + name)
                guard let target = KillercodaImport.home(asset.target) else {
                    note(
                        line: scenario.line(of: "\"\(asset.target)\""),
                        "a sandbox has no \(asset.target) to write to: assets/\(name) is put into the learner's home")
                    copyAsset(name, to: name, asset)
                    continue
                }
                copyAsset(name, to: target + (name.split(separator: "/").last.map(String.init) ?? name), asset)
            }
        }
    }

    private mutating func copyAsset(_ name: String, to target: String, _ asset: KillercodaScenario.Asset) {
        guard let bytes = bytes("assets/" + name) else { return }
        let first = target.split(separator: "/").first.map(String.init) ?? target
        // These folders of a workshop have a meaning of their own.
        let isTaken = ["workshop", "resources", ".git"].contains(first)
        if isTaken { note(line: 0, "assets/\(name): the name \(first) is taken, so it is put into assets/") }
        files.add(isTaken ? "assets/" + target : target, bytes: bytes, isExecutable: asset.isExecutable)
    }

    /// The part of a target that lies in the learner's home, empty or ending in `/`; `nil` outside of it.
    static func home(_ target: String) -> String? {
        var rest = Substring(target)
        for prefix in ["~", "/root", "$HOME", "/home/ubuntu"] where rest == prefix || rest.hasPrefix(prefix + "/") {
            rest = rest.dropFirst(prefix.count)
            guard let path = normalised(String(rest)) else { return nil }
            return path.isEmpty ? "" : path + "/"
        }
        guard !rest.hasPrefix("/"), let path = normalised(String(rest)) else { return nil }
        return path.isEmpty ? "" : path + "/"
    }

    private static func names(below folder: String, prefix: String = "", depth: Int = 0) -> [String] {
        guard depth < 8, let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            let path = folder + "/" + name
            if isFile(path) {
                names.append(prefix + name)
            } else {
                names += Self.names(below: path, prefix: prefix + name + "/", depth: depth + 1)
            }
        }
        return names.sorted()
    }

    private mutating func read(_ path: String) -> String? {
        bytes(path).map { String(decoding: $0, as: UTF8.self) }
    }

    private mutating func bytes(_ path: String) -> [UInt8]? {
        guard let plain = KillercodaImport.normalised(path), KillercodaImport.isFile(folder + "/" + plain) else {
            note(line: scenario.line(of: "\"\(path)\""), "\(path) is no file of the scenario")
            return nil
        }
        do {
            return try bytesOfFile(try Descriptor.opened(folder + "/" + plain, O_RDONLY))
        } catch {
            note(line: 0, "\(path) cannot be read: \(error)")
            return nil
        }
    }

    // MARK: The definition

    private mutating func describeMachine() {
        if scenario.image.hasPrefix("kubernetes") {
            note(
                line: scenario.line(of: scenario.image),
                "the image \(scenario.image) is a cluster, which a sandbox does not have")
        } else if !scenario.image.isEmpty {
            note(
                line: scenario.line(of: scenario.image),
                "in place of the image \(scenario.image), learners see the programs of the machine that runs Lectern")
        }
        ports.formUnion(scenario.dashboards.map(\.port))
        if scenario.layout.contains("editor") { usesEditor = true }
        if scenario.layout.hasPrefix("terminal-terminal") { terminals.insert(2) }
    }

    private var definition: String {
        let title = scenario.title.isEmpty ? name.title : scenario.title
        let layout = terminals.contains(3) ? "split/2" : terminals.contains(2) ? "split" : "default"
        var lines = [
            "apiVersion: training.educates.dev/v1beta1", "kind: Workshop", "metadata:", "  name: \(name)", "spec:",
            "  title: \(StarterWorkshop.quoted(title))",
            "  description: \(StarterWorkshop.quoted(scenario.description.isEmpty ? title : scenario.description))",
        ]
        if ["beginner", "intermediate", "advanced", "extreme"].contains(scenario.difficulty) {
            lines.append("  difficulty: \(scenario.difficulty)")
        }
        if let minutes = KillercodaImport.minutes(scenario.time) { lines.append("  duration: \(minutes)m") }
        lines += ["  session:", "    applications:", "      terminal:", "        enabled: true"]
        lines.append("        layout: \(layout)")
        if usesEditor { lines += ["      editor:", "        enabled: true"] }
        if usesChecks { lines += ["      examiner:", "        enabled: true"] }
        if !ports.isEmpty {
            lines.append("    ingresses:")
            for port in ports.sorted() { lines += ["      - name: port-\(port)", "        port: \(port)"] }
        }
        if !scenario.dashboards.isEmpty {
            lines.append("    dashboards:")
            for dashboard in scenario.dashboards {
                lines.append("      - name: \(StarterWorkshop.quoted(dashboard.name))")
                lines.append(
                    "        url: \"$(ingress_protocol)://port-\(dashboard.port)-$(session_name).$(ingress_domain)"
                        + "$(ingress_port_suffix)/\"")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// `15 minutes` → 15, `1 hour` → 60.
    static func minutes(_ text: String) -> Int? {
        let lowered = text.lowercased()
        let digits = lowered.drop { !$0.isNumber }.prefix { $0.isNumber }
        guard let number = Int(digits), number > 0, number < 1000 else { return nil }
        return lowered.contains("hour") ? number * 60 : number
    }

    private mutating func note(line: Int, _ message: String) {
        notes.append(ImportNote(file: "index.json", line: line, message: message))
    }

    private mutating func note(_ file: String, _ message: String) {
        notes.append(ImportNote(file: file, line: 0, message: message))
    }
}
