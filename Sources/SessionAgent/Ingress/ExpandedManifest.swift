internal import Platform

extension SessionManifest {
    /// The same with `$(name)` replaced where authors may use it: addresses of tabs and instructions, fields that are set
    /// for a server, variables of the shells. What may be named is what the pages may show; no secret is among it.
    func expanded() -> SessionManifest {
        var values = DataVariables.values(of: self, pathway: "")
        values["pathway_name"] = nil
        func text(_ text: String) -> String { DataVariables.expanded(text, with: values) }
        func variables(_ variables: [Variable]) -> [Variable] {
            variables.map { Variable(name: $0.name, value: text($0.value)) }
        }
        var manifest = self
        manifest.variables = variables(self.variables)
        manifest.dashboards = dashboards.map { Dashboard(name: $0.name, url: text($0.url)) }
        manifest.instructionsURL = instructionsURL.map(text)
        manifest.ingresses = ingresses.map { ingress in
            var ingress = ingress
            ingress.host = text(ingress.host)
            ingress.headers = variables(ingress.headers)
            return ingress
        }
        return manifest
    }
}
