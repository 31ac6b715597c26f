internal import Platform

/// What holds for the hosts of the learner's own servers, and for instructions that come from a server or a folder.
enum IngressRules {
    /// Entries that one session may have.
    private static let most = 32
    /// Bytes of a name that leave room for a session's name within the 63 of a host's label (RFC 1035, section 2.3.4),
    /// where the portal's own name is of a usual length.
    private static let longestName = 30
    /// Fields that belong to one connection, or say where a message ends (RFC 9110, section 7.6.1).
    private static let reservedFields = [
        "connection", "content-length", "expect", "keep-alive", "proxy-connection", "te", "trailer",
        "transfer-encoding",
        "upgrade",
    ]

    static func report(_ session: FieldView, _ check: inout FieldCheck) {
        let list = session.list("ingresses")
        if list.count > most, let place = session["ingresses"].place {
            check.add(
                .error, place, "spec.session.ingresses", "found \(list.count) entries, expected \(most) at most")
        }
        var seen: [String: Int] = [:]
        for (index, given) in list.enumerated() where !check.isFull {
            let field = "spec.session.ingresses[\(index)]"
            reportName(given, field, &seen, &check)
            reportServer(given, field, &check)
        }
        let instructions = session["applications"]["workshop"]
        if !instructions["url"].isGiven, instructions["proxy"].isGiven {
            reportServer(instructions["proxy"], "spec.session.applications.workshop.proxy", &check)
        }
        if let path = instructions.text("path"), let place = instructions["path"].place, !instructions["url"].isGiven,
            path.split(separator: "/").contains("..")
        {
            check.add(
                .error, place, "spec.session.applications.workshop.path",
                "found \"\(path.prefix(60))\", expected a folder of the workshop's, without \"..\"")
        }
    }

    private static func reportName(
        _ given: FieldView, _ field: String, _ seen: inout [String: Int], _ check: inout FieldCheck
    ) {
        guard let name = given.text("name"), let place = given["name"].place else { return }
        // Several entries of one name are told apart by their paths.
        let key = name + " " + (given.text("path") ?? "/")
        if let line = seen[key] {
            check.add(
                .warning, place, field + ".name",
                "found \"\(name.prefix(60))\" twice with the same path, first in line \(line); the second is never asked"
            )
        } else {
            seen[key] = place.line
        }
        if name == WorkshopDefinition.instructionsHost {
            check.add(
                .error, place, field + ".name",
                "found \"\(name)\", which is the host of instructions from a server; expected another name")
        }
        if name.utf8.count > longestName {
            check.add(
                .warning, place, field + ".name",
                "found \(name.utf8.count) characters; with the session's name it may be longer than a host's name can be"
            )
        }
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        if parts.count >= 2, isNumbered(parts[parts.count - 2], "w"), isNumbered(parts[parts.count - 1], "s") {
            check.add(
                .error, place, field + ".name",
                "found \"\(name.prefix(60))\", which looks like a session's name; expected another one")
        }
    }

    private static func isNumbered(_ part: Substring, _ letter: Character) -> Bool {
        part.first == letter && part.count > 1 && part.dropFirst().utf8.allSatisfy { $0 >= 48 && $0 <= 57 }
    }

    private static func reportServer(_ given: FieldView, _ field: String, _ check: inout FieldCheck) {
        if let host = given.text("host"), let place = given["host"].place,
            !["", "localhost", "127.0.0.1", "[::1]", "::1"].contains(host)
        {
            check.add(
                .warning, place, field + ".host",
                "found \"\(host.prefix(60))\"; a session has no network, so the port is looked for in the session itself"
            )
        }
        for (index, header) in given.list("headers").enumerated() {
            guard let name = header.text("name"), let place = header["name"].place else { continue }
            if reservedFields.contains(name.lowercased()) || !isToken(name) {
                check.add(
                    .error, place, "\(field).headers[\(index)].name",
                    "found \"\(name.prefix(60))\", expected a field that says nothing about the connection itself")
            }
        }
        if given.text("protocol") == "https" {
            if let place = given["headers"].place, !given.list("headers").isEmpty {
                check.add(.note, place, field + ".headers", "without effect for a server that speaks https")
            }
        }
        for (index, rewrite) in given.list("pathRewrite").enumerated() {
            guard let pattern = rewrite.text("pattern"), let place = rewrite["pattern"].place else { continue }
            do {
                _ = try Regex(pattern)
            } catch {
                check.add(
                    .error, place, "\(field).pathRewrite[\(index)].pattern",
                    "found \"\(pattern.prefix(60))\", expected a regular expression")
            }
        }
    }

    private static func isToken(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
    }
}
