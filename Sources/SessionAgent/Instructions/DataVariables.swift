internal import Platform

/// What `{{< param name >}}` may name (spec/dashboard.md section 5.5), as far as it means something on one machine.
enum DataVariables {
    /// - Parameter pathwayTitle: takes the place of the workshop's title.
    static func values(
        of manifest: SessionManifest, pathway: String, pathwayTitle: String? = nil
    ) -> [String: String] {
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
            "workshop_title": pathwayTitle ?? manifest.title,
            "workshop_description": manifest.description,
            "training_portal": manifest.portalName,
            "ingress_domain": address.domain,
            "cluster_domain": address.domain,
            "ingress_protocol": address.scheme,
            "ingress_port": address.port,
            "ingress_port_suffix": address.portSuffix,
            "pathway_name": pathway,
            "platform_arch": architecture,
        ]
        values.merge(manifest.parameters) { _, given in given }
        return values
    }

    private static var architecture: String {
        #if arch(arm64)
            "arm64"
        #else
            "amd64"
        #endif
    }

    /// Variables of the specification that a session here does not have, with the reason.
    static let missing: [String: String] = {
        let cluster = "it belongs to a Kubernetes cluster"
        let reasons: [(String, [String])] = [
            (
                cluster,
                [
                    "kubernetes_api_url", "kubernetes_ca_crt", "kubernetes_token", "storage_class", "ingress_class",
                    "policy_engine", "policy_name",
                ]
            ),
            (
                "sessions here have no image registry",
                [
                    "image_repository", "oci_image_cache", "assets_repository", "registry_host", "registry_username",
                    "registry_password", "registry_auth_token", "registry_secret", "registry_auth_file",
                ]
            ),
            (
                "sessions here have no git server",
                ["git_protocol", "git_host", "git_username", "git_password", "git_auth_token"]
            ),
            ("sessions here have no SSH server", ["ssh_private_key", "ssh_public_key"]),
            (
                "services of a session are reached with the learner's own cookie",
                ["config_password", "services_password"]
            ),
            ("it differs from learner to learner; the last page leads back by itself", ["restart_url"]),
            (
                "pages here report to nobody",
                ["google_tracking_id", "clarity_tracking_id", "amplitude_tracking_id"]
            ),
        ]
        return Dictionary(
            reasons.flatMap { reason, names in names.map { ($0, reason) } }, uniquingKeysWith: { first, _ in first })
    }()

    /// What an author is told of a value that there is not.
    static func reason(forMissing name: String, among values: [String: String]) -> String {
        if let reason = missing[name] { return "the value \"\(name)\" does not exist here: \(reason)" }
        let meant = NearestName.of(name, in: values.keys.sorted())
        return "there is no value \"\(name)\""
            + (meant.map { "; did you mean \"\($0)\"?" } ?? "; add it to params in config.yaml")
    }

    /// A text with `$(name)` replaced by the variable's value (spec/workshop-resource.md, section 1.8). Other names stay as
    /// they are, and a value is never looked through for further names.
    static func expanded(_ text: String, with values: [String: String]) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "$("), let end = rest[start.upperBound...].firstIndex(of: ")") {
            let name = rest[start.upperBound..<end]
            result += rest[..<start.lowerBound]
            guard let value = values[String(name)] else {
                result += "$("
                rest = rest[start.upperBound...]
                continue
            }
            result += value
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}
