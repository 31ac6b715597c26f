internal import Platform

/// What holds between fields, and between a portal and its workshops.
struct PortalRules {
    private var check: FieldCheck
    private let document: FieldView
    private let portal: TrainingPortalDefinition
    /// Fields whose own values are wrong: rules that build on them would only add noise.
    private let wrong: Set<String>

    /// - Parameters:
    ///   - workshops: the names of all `Workshop` resources that were given.
    ///   - known: what has been found already.
    static func findings(
        _ node: YAMLNode, _ portal: TrainingPortalDefinition, file: String, workshops: [String],
        known: [DefinitionFinding]
    ) -> [DefinitionFinding] {
        let wrong = known.filter { $0.file == file && $0.severity == .error }.map(\.field)
        var rules = PortalRules(
            check: FieldCheck(file: file), document: FieldView(node), portal: portal, wrong: Set(wrong))
        rules.checkAnonymousAccess()
        rules.checkProvider()
        rules.checkFrameAncestors()
        rules.checkCredentials()
        rules.checkNames(workshops)
        rules.checkLimits()
        return rules.check.findings
    }

    // Inlined, it makes the optimiser of Swift 6.3.1 fail ("Found ownership error").
    @inline(never)
    private mutating func add(
        _ severity: DefinitionFinding.Severity, _ place: YAMLPlace?, _ field: String, _ message: String
    ) {
        let place = place ?? document["spec"].place ?? document.place ?? YAMLPlace(line: 1, column: 1)
        check.add(severity, place, field, message)
    }

    /// Whether neither the fields nor what they stand in are wrong.
    private func isSound(_ fields: String...) -> Bool {
        fields.allSatisfy { field in
            var name = field[...]
            while !name.isEmpty {
                if wrong.contains(String(name)) { return false }
                name = name.lastIndex { $0 == "." || $0 == "[" }.map { name[..<$0] } ?? ""
            }
            return true
        }
    }

    /// The same for a setting of an entry, which may come from three places.
    private func isSound(setting name: String, of entry: String) -> Bool {
        isSound("\(entry).\(name)", "spec.portal.workshop.defaults.\(name)", "spec.portal.\(name)")
    }

    private mutating func checkAnonymousAccess() {
        let given = document["spec"]["portal"]
        guard isSound("spec.portal.registration.type", "spec.portal.registration.enabled") else { return }
        guard portal.isAnonymous else { return }
        let place = given["registration"].place
        if isSound("spec.portal.sessions.maximum", "spec.portal.sessions.anonymous", "spec.portal.sessions.registered"),
            portal.maximumSessions == 0 && portal.sessionsPerAnonymousUser == 0
        {
            add(
                .warning, place, "spec.portal.sessions",
                "anybody may start sessions and nothing limits how many; set maximum, or anonymous, or both")
        }
        if portal.launches.allowedOrigins.isEmpty, isSound("spec.portal.launches.allowedOrigins") {
            add(
                .warning, place, "spec.portal.launches.allowedOrigins",
                "links from any site may start sessions, and visitors are sent back to any site;"
                    + " list the origins of your own pages")
        }
        for (index, entry) in document["spec"].list("workshops").enumerated() where !check.isFull {
            let limits = WorkshopLimits(entry, in: given).asked
            let field = "spec.workshops[\(index)]"
            guard isSound(setting: "expires", of: field), isSound(setting: "orphaned", of: field) else { continue }
            if limits.expires == 0 && limits.orphaned == 0 {
                add(
                    .warning, entry.place, field + ".expires",
                    "anybody may start sessions and they never end; set expires or orphaned")
            }
        }
    }

    private mutating func checkProvider() {
        let given = document["spec"]["portal"]["oidc"]
        if given["clientSecretFile"].isGiven && given["clientSecretEnv"].isGiven {
            add(
                .error, given["clientSecretEnv"].place, "spec.portal.oidc.clientSecretEnv",
                "found beside clientSecretFile, expected one of the two")
        }
    }

    private mutating func checkFrameAncestors() {
        let ancestors = document["spec"]["portal"]["theme"]["frame"]
        if portal.frameAncestors.count > 1, portal.frameAncestors.contains("'none'") {
            add(
                .error, ancestors["ancestors"].place, "spec.portal.theme.frame.ancestors",
                "found \"'none'\" beside other sites, expected it alone")
        }
    }

    private mutating func checkCredentials() {
        let given = document["spec"]["portal"]
        let accounts = given["credentials"]
        let credentials = PortalCredentials(portal, drawn: .random())
        if credentials.admin.name == credentials.robot.name {
            let place = accounts["robot"]["username"].place ?? accounts["admin"]["username"].place
            add(
                .error, place, "spec.portal.credentials.robot.username",
                "found the administrator's name; expected another one")
        }
        let secrets = [
            (accounts["admin"]["password"], "spec.portal.credentials.admin.password"),
            (accounts["robot"]["password"], "spec.portal.credentials.robot.password"),
            (given["clients"]["robot"]["secret"], "spec.portal.clients.robot.secret"),
        ]
        for (secret, field) in secrets where isSound(field) {
            guard let text = secret.text, !text.isEmpty, text.count < PortalRules.shortestSecret else { continue }
            add(
                .warning, secret.place, field,
                "is shorter than \(PortalRules.shortestSecret) characters, so that it can be guessed; leave it out, and"
                    + " the portal draws one")
        }
    }

    /// Characters that an administrator's or a program's secret should have.
    private static let shortestSecret = 12

    private mutating func checkNames(_ workshops: [String]) {
        let given = Set(workshops)
        var published: [String: (index: Int, line: Int)] = [:]
        for (index, entry) in document["spec"].list("workshops").enumerated() where !check.isFull {
            guard let name = entry.text("name") else { continue }
            let field = "spec.workshops[\(index)]"
            if !given.contains(name) {
                var message = "found \"\(name)\", but no Workshop of that name was given"
                if let nearest = NearestName.of(name, in: workshops) { message += "; did you mean \"\(nearest)\"?" }
                add(.error, entry["name"].place, field + ".name", message)
            }
            let alias = entry.text("alias") ?? ""
            let nameUsed = alias.isEmpty ? name : alias
            let place = alias.isEmpty ? entry["name"].place : entry["alias"].place
            let fieldUsed = field + (alias.isEmpty ? ".name" : ".alias")
            if let first = published[nameUsed] {
                add(
                    .error, place, fieldUsed,
                    "found \"\(nameUsed)\" twice, first as spec.workshops[\(first.index)] in line \(first.line);"
                        + " expected another alias for one of them")
            } else {
                published[nameUsed] = (index, place?.line ?? 0)
            }
            if !alias.utf8.allSatisfy(PortalRules.isPlainInURLs) {
                add(
                    .warning, place, fieldUsed,
                    "found \"\(alias)\", which has to be escaped in launch links;"
                        + " letters, digits, \"-\", \".\" and \"_\" need not")
            }
            if looksLikeEnvironment(nameUsed) {
                add(
                    .error, place, fieldUsed,
                    "found \"\(nameUsed)\", which looks like the name of one of the portal's environments;"
                        + " expected another alias")
            }
        }
    }

    private static func isPlainInURLs(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, 45, 46, 95, 126: true
        default: false
        }
    }

    /// `<portal>-w01`: launch links take environment names and published names alike.
    private func looksLikeEnvironment(_ name: String) -> Bool {
        let prefix = portal.name + "-w"
        let number = name.utf8.dropFirst(prefix.utf8.count)
        return name.hasPrefix(prefix) && number.count >= 2 && number.allSatisfy { $0 >= 48 && $0 <= 57 }
    }

    private mutating func checkLimits() {
        let given = document["spec"]["portal"]
        for (index, entry) in document["spec"].list("workshops").enumerated() where !check.isFull {
            let field = "spec.workshops[\(index)]"
            let limits = WorkshopLimits(entry, in: given)
            if isSound(setting: "capacity", of: field), isSound("spec.portal.sessions.maximum") {
                checkCounts(limits, entry, field)
            }
            if limits.givesDeadline, isSound(setting: "expires", of: field), isSound(setting: "deadline", of: field),
                limits.asked.deadline < limits.asked.expires
            {
                let expires = limits.asked.expires
                add(
                    .warning, entry["deadline"].place ?? entry.place, field + ".deadline",
                    "found \(limits.asked.deadline) s, expected at least expires, \(expires) s; taken as \(expires) s")
            }
        }
    }

    private mutating func checkCounts(_ limits: WorkshopLimits, _ entry: FieldView, _ field: String) {
        let asked = limits.asked
        if asked.capacity == 0 {
            add(
                .warning, entry["capacity"].place ?? entry.place, field + ".capacity",
                "the capacity is 0, so no session can be started;"
                    + " set it here, in spec.portal.workshop.defaults, or set spec.portal.sessions.maximum")
            return
        }
        if limits.givesReserved, isSound(setting: "reserved", of: field), asked.reserved > asked.capacity {
            add(
                .warning, entry["reserved"].place ?? entry.place, field + ".reserved",
                "found \(asked.reserved), expected at most the capacity, \(asked.capacity); taken as \(asked.capacity)")
        }
        guard limits.givesInitial, isSound(setting: "initial", of: field) else { return }
        let reserved = limits.clamped.reserved
        if asked.initial > asked.capacity {
            add(
                .warning, entry["initial"].place ?? entry.place, field + ".initial",
                "found \(asked.initial), expected at most the capacity, \(asked.capacity); taken as \(asked.capacity)")
        } else if isSound(setting: "reserved", of: field), asked.initial > 0, asked.initial < reserved {
            add(
                .warning, entry["initial"].place ?? entry.place, field + ".initial",
                "found \(asked.initial), expected 0 or at least reserved, \(reserved); taken as \(reserved)")
        }
    }
}
