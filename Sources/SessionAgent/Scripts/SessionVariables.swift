internal import Glibc
internal import Platform

/// The environment of everything that runs in a session: shells, setup scripts and checks alike (spec/dashboard.md
/// section 11, as far as it means something without a cluster). No secret is among it.
enum SessionVariables {
    typealias Variable = SessionManifest.Variable

    /// In the order of precedence, the last one counting: what the session is, what the workshop and the portal give,
    /// and what setup scripts added. Every name stands once.
    /// - Parameters:
    ///   - own: of the program that is started, such as a terminal's `TERM`; the author may change them.
    ///   - added: by setup scripts.
    ///   - inherited: the agent's own environment; only `PATH`, `USER` and the time zone pass on.
    static func environment(
        of manifest: SessionManifest, own: [Variable] = [], added: [Variable] = [],
        inherited: [String: String] = SessionVariables.inherited()
    ) -> [String] {
        merged(process(manifest, inherited) + session(manifest) + own + manifest.variables + added)
            .map { "\($0.name)=\($0.value)" }
    }

    /// Every name once, in the order of first appearance, with its last value. What the system could not take is left out.
    static func merged(_ variables: [Variable]) -> [Variable] {
        var result: [Variable] = []
        var places: [String: Int] = [:]
        for variable in variables where isName(variable.name) {
            let value = String(variable.value.prefix { $0 != "\0" })
            if let place = places[variable.name] {
                result[place].value = value
            } else {
                places[variable.name] = result.count
                result.append(Variable(name: variable.name, value: value))
            }
        }
        return result
    }

    private static func process(_ manifest: SessionManifest, _ inherited: [String: String]) -> [Variable] {
        let user = inherited["USER"] ?? "learner"
        var values = [
            Variable(name: "PATH", value: inherited["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"),
            Variable(name: "USER", value: user), Variable(name: "LOGNAME", value: user),
            Variable(name: "HOME", value: manifest.home), Variable(name: "SHELL", value: "/bin/bash"),
            Variable(name: "LANG", value: "C.UTF-8"),
        ]
        if let zone = inherited["TZ"] { values.append(Variable(name: "TZ", value: zone)) }
        return values
    }

    /// What tells of the session.
    static func session(_ manifest: SessionManifest) -> [Variable] {
        let address = SessionAddress(manifest.sessionURL)
        let applications = manifest.applications
        func flag(_ isOn: Bool) -> String { isOn ? "true" : "false" }
        func inHome(_ folder: String) -> String {
            let path = folder.drop { $0 == "/" }
            return path.isEmpty ? manifest.home : manifest.home + "/" + path
        }
        var values: [(String, String)] = [
            ("SESSION_NAME", manifest.session), ("SESSION_ID", SessionAddress.identifier(of: manifest.session)),
            ("SESSION_NAMESPACE", manifest.session), ("SESSION_URL", manifest.sessionURL),
            ("SESSION_HOSTNAME", address.host), ("ENVIRONMENT_NAME", manifest.environment),
            ("WORKSHOP_NAME", manifest.workshop), ("WORKSHOP_NAMESPACE", manifest.environment),
            ("WORKSHOP_DIR", manifest.contentFolder + "/workshop"), ("TRAINING_PORTAL", manifest.portalName),
            ("PORTAL_URL", manifest.portalURL), ("INGRESS_DOMAIN", address.domain),
            ("CLUSTER_DOMAIN", address.domain), ("INGRESS_PROTOCOL", address.scheme),
            ("INGRESS_PORT", address.port), ("INGRESS_PORT_SUFFIX", address.portSuffix),
            ("ENABLE_WORKSHOP", flag(manifest.workshopLayout != "none")),
            ("ENABLE_TERMINAL", flag(manifest.terminalLayout != "none")),
            ("ENABLE_EDITOR", flag(applications.hasEditor)), ("ENABLE_EXAMINER", flag(applications.hasExaminer)),
            ("ENABLE_FILES", flag(applications.filesFolder != nil)),
            ("ENABLE_UPLOADS", flag(applications.uploadsFolder != nil)),
            ("ENABLE_COUNTDOWN", flag(manifest.hasExpiry)),
        ]
        if let version = manifest.workshopVersion, !version.isEmpty { values.append(("WORKSHOP_VERSION", version)) }
        if let folder = applications.filesFolder { values.append(("FILES_DIR", inHome(folder))) }
        if let folder = applications.uploadsFolder { values.append(("UPLOADS_DIR", inHome(folder))) }
        return values.map { Variable(name: $0.0, value: $0.1) }
    }

    /// What the kernel and a shell can take as a name.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 != UInt8(ascii: "=") && $0 > 32 && $0 < 127 }
    }

    static func inherited() -> [String: String] {
        var result: [String: String] = [:]
        for name in ["PATH", "USER", "TZ"] {
            if let value = getenv(name) { result[name] = String(cString: value) }
        }
        return result
    }
}

/// The parts of a session's URL.
struct SessionAddress: Sendable, Equatable {
    let scheme: String
    let host: String
    /// Everything after the host's first label.
    let domain: String
    /// As browsers use it, also where the URL names none.
    let port: String
    /// `:8080`, or empty for the scheme's own port.
    let portSuffix: String

    /// - Parameter url: `http` or `https`, a host, perhaps a port, no path.
    init(_ url: String) {
        scheme = url.hasPrefix("https:") ? "https" : "http"
        let authority = url.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2).first ?? ""
        let host = authority.prefix { $0 != ":" }
        let given = authority.dropFirst(host.count + 1)
        self.host = String(host)
        domain = String(host.split(separator: ".", maxSplits: 1).dropFirst().first ?? "")
        port = given.isEmpty ? (scheme == "https" ? "443" : "80") : String(given)
        portSuffix = given.isEmpty ? "" : ":" + given
    }

    /// The last part of a session's name.
    static func identifier(of session: String) -> String { String(session.split(separator: "-").last ?? "") }
}
