internal import Platform

/// What `{{< param name >}}` may name (spec/dashboard.md section 5.5), as far as it means something on one machine.
enum DataVariables {
    static func values(of manifest: SessionManifest, pathway: String) -> [String: String] {
        let url = manifest.sessionURL
        let scheme = url.hasPrefix("https:") ? "https" : "http"
        let authority = url.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2).first ?? ""
        let host = authority.prefix { $0 != ":" }
        let port = authority.dropFirst(host.count + 1)
        let domain = host.split(separator: ".", maxSplits: 1).dropFirst().first ?? ""
        let identifier = manifest.session.split(separator: "-").last ?? ""
        var values: [String: String] = [
            "session_name": manifest.session,
            "session_id": String(identifier),
            "session_url": url,
            "session_hostname": String(host),
            "session_namespace": manifest.session,
            "environment_name": manifest.environment,
            "workshop_name": manifest.workshop,
            "workshop_namespace": manifest.environment,
            "workshop_title": manifest.title,
            "workshop_description": manifest.description,
            "training_portal": manifest.portalName,
            "ingress_domain": String(domain),
            "cluster_domain": String(domain),
            "ingress_protocol": scheme,
            "ingress_port": port.isEmpty ? (scheme == "https" ? "443" : "80") : String(port),
            "ingress_port_suffix": port.isEmpty ? "" : ":" + port,
            "pathway_name": pathway,
        ]
        values.merge(manifest.parameters) { _, given in given }
        return values
    }
}
