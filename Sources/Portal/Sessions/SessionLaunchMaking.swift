internal import Platform

extension SessionLaunch {
    /// Everything a runtime needs, from the session and the definitions. What only the runtime knows (sockets and folders
    /// as seen from inside) stays empty.
    init(
        _ session: WorkshopSession, in environment: WorkshopEnvironment, _ workshop: WorkshopDefinition,
        _ portal: TrainingPortalDefinition, _ address: PortalAddress, _ secrets: SessionSecrets
    ) {
        let entry = portal.workshops.first { $0.publishedName == environment.workshop }
        let manifest = SessionManifest(
            session: session.name.rawValue, environment: environment.name.rawValue, workshop: environment.workshop,
            title: workshop.title, description: workshop.description, portalName: portal.name,
            portalURL: address.portalURL, sessionURL: address.sessionURL(session.name), portalSocket: "",
            listenSocket: "", clientSecret: secrets.clientSecret(of: session.name).text,
            cookieKey: secrets.cookieKey(of: session.name).text, contentFolder: "", home: "",
            terminalLayout: workshop.terminal.isEnabled ? workshop.terminal.layout : "none",
            workshopLayout: workshop.instructions.isEnabled ? workshop.instructions.layout : "none",
            variables: SessionLaunch.merged(workshop.variables, entry?.variables ?? []),
            parameters: session.parameters, frameAncestors: portal.frameAncestors,
            hasExpiry: environment.limits.expires > 0,
            dashboards: workshop.dashboards.map { SessionManifest.Dashboard(name: $0.name, url: $0.url) },
            ingresses: SessionLaunch.ingresses(of: workshop),
            applications: SessionManifest.Applications(workshop), workshopVersion: workshop.version,
            scriptLimits: SessionManifest.ScriptLimits(workshop.scripts),
            instructionsURL: SessionLaunch.instructionsURL(of: workshop))
        self.init(session: session.name, environment: environment.name, workshop: workshop, manifest: manifest)
    }

    /// Instructions from a server or a folder get a host of their own, so that no page of theirs can act as the session
    /// (spec/dashboard.md, section 5.1).
    private static func ingresses(of workshop: WorkshopDefinition) -> [SessionManifest.Ingress] {
        var ingresses = workshop.ingresses.map(SessionManifest.Ingress.init)
        guard workshop.instructions.isEnabled else { return ingresses }
        switch workshop.instructionsSource {
        case .pages, .url: break
        case .proxy(var server):
            server.name = WorkshopDefinition.instructionsHost
            ingresses.append(SessionManifest.Ingress(server))
        case .path(let folder):
            ingresses.append(
                SessionManifest.Ingress(name: WorkshopDefinition.instructionsHost, port: 80, folder: folder))
        }
        return ingresses
    }

    private static func instructionsURL(of workshop: WorkshopDefinition) -> String? {
        guard workshop.instructions.isEnabled else { return nil }
        let host =
            "$(ingress_protocol)://\(WorkshopDefinition.instructionsHost)-$(session_name).$(ingress_domain)"
            + "$(ingress_port_suffix)"
        return switch workshop.instructionsSource {
        case .pages: nil
        case .url(let url): url
        case .proxy, .path: host + "/workshop/content/"
        }
    }

    /// The workshop's variables, overridden by those of the portal's entry (spec/dashboard.md, section 11).
    private static func merged(
        _ workshop: [EnvironmentVariable], _ portal: [EnvironmentVariable]
    ) -> [SessionManifest.Variable] {
        var result: [SessionManifest.Variable] = []
        for variable in workshop + portal {
            result.removeAll { $0.name == variable.name }
            result.append(SessionManifest.Variable(name: variable.name, value: variable.value))
        }
        return result
    }
}

extension SessionManifest.Ingress {
    init(_ ingress: WorkshopDefinition.Ingress) {
        self.init(
            name: ingress.name, port: ingress.port, isOpenToAll: ingress.isOpenToAll, scheme: ingress.scheme,
            host: ingress.host, path: ingress.path, changesOrigin: ingress.changesOrigin, isSecure: ingress.isSecure,
            headers: ingress.headers.map { SessionManifest.Variable(name: $0.name, value: $0.value) },
            pathRewrites: ingress.pathRewrites.map {
                SessionManifest.PathRewrite(pattern: $0.pattern, replacement: $0.replacement)
            })
    }
}

extension SessionManifest.ScriptLimits {
    init(_ scripts: WorkshopDefinition.Scripts) {
        self.init()
        if let seconds = scripts.setupTime { setupTime = seconds }
        if let seconds = scripts.checkTime { checkTime = seconds }
        if let count = scripts.checksAtOnce { checksAtOnce = count }
    }
}

extension SessionManifest.Applications {
    init(_ workshop: WorkshopDefinition) {
        self.init(
            hasEditor: workshop.editor.isEnabled, hasExaminer: workshop.examiner.isEnabled,
            filesFolder: workshop.files.isEnabled ? workshop.files.directory : nil,
            uploadsFolder: workshop.uploads.isEnabled
                ? (workshop.uploads.directory.isEmpty ? "uploads" : workshop.uploads.directory) : nil,
            editorLimit: workshop.editor.largestFile, uploadLimit: workshop.uploads.largestFile,
            uploadCount: workshop.uploads.mostFiles)
    }
}
