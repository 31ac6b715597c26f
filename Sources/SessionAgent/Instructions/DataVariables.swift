internal import Platform

/// What `{{< param name >}}` may name (spec/dashboard.md section 5.5), as far as it means something on one machine.
enum DataVariables {
    static func values(of manifest: SessionManifest, pathway: String) -> [String: String] {
        let address = SessionAddress(manifest.sessionURL)
        var values: [String: String] = [
            "session_name": manifest.session,
            "session_id": SessionAddress.identifier(of: manifest.session),
            "session_url": manifest.sessionURL,
            "session_hostname": address.host,
            "session_namespace": manifest.session,
            "environment_name": manifest.environment,
            "workshop_name": manifest.workshop,
            "workshop_namespace": manifest.environment,
            "workshop_title": manifest.title,
            "workshop_description": manifest.description,
            "training_portal": manifest.portalName,
            "ingress_domain": address.domain,
            "cluster_domain": address.domain,
            "ingress_protocol": address.scheme,
            "ingress_port": address.port,
            "ingress_port_suffix": address.portSuffix,
            "pathway_name": pathway,
        ]
        values.merge(manifest.parameters) { _, given in given }
        return values
    }
}
