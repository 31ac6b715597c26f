internal import Platform

/// What holds between a workshop's fields, and between the definition and its content.
enum WorkshopRules {
    static func findings(_ node: YAMLNode, _ workshop: WorkshopDefinition, file: String) -> [DefinitionFinding] {
        var check = FieldCheck(file: file)
        let spec = FieldView(node)["spec"]
        let name = node["metadata"]?["name"]?.place ?? node.place
        if workshop.instructions.isEnabled, workshop.instructionsSource == .pages,
            !WorkshopContent.holdsPages(workshop.contentFolder), workshop.sources.isEmpty
        {
            check.add(
                .warning, spec["workshop"].place ?? name, "spec.workshop",
                "found no folder \"workshop\" with instructions beside the definition")
        }
        let hasFolder = WorkshopContent.holdsPages(workshop.contentFolder)
        for (index, source) in spec["workshop"].list("files").enumerated() {
            ContentSourceDecoding.check(source, "spec.workshop.files[\(index)]", hasFolder: hasFolder, &check)
        }
        for (index, package) in spec["workshop"].list("packages").enumerated() {
            for (item, source) in package.list("files").enumerated() {
                ContentSourceDecoding.check(
                    source, "spec.workshop.packages[\(index)].files[\(item)]", hasFolder: false, &check)
            }
        }
        reportTwice(spec["workshop"].list("packages"), "name", "spec.workshop.packages", &check)
        IngressRules.report(spec["session"], &check)
        reportTwice(spec["session"].list("dashboards"), "name", "spec.session.dashboards", &check)
        reportTwice(spec["session"].list("env"), "name", "spec.session.env", &check)
        reportTwice(spec["request"].list("parameters"), "name", "spec.request.parameters", &check)
        reportPatterns(spec["request"].list("parameters"), &check)
        return check.findings
    }

    private static func reportPatterns(_ parameters: [FieldView], _ check: inout FieldCheck) {
        for (index, parameter) in parameters.enumerated() where parameter.text("generate") == "expression" {
            let field = "spec.request.parameters[\(index)].from"
            guard let pattern = parameter.text("from"), !pattern.isEmpty, let place = parameter["from"].place else {
                if let place = parameter["generate"].place {
                    check.add(.error, place, field, "found nothing, expected the pattern to generate a value from")
                }
                continue
            }
            do {
                _ = try GeneratedValue(pattern: pattern)
            } catch {
                check.add(.error, place, field, "found \"\(pattern.prefix(60))\", expected \(error)")
            }
        }
    }

    private static func reportTwice(_ items: [FieldView], _ key: String, _ field: String, _ check: inout FieldCheck) {
        var seen: [String: Int] = [:]
        for (index, item) in items.enumerated() {
            guard let text = item.text(key), let place = item[key].place else { continue }
            if let line = seen[text] {
                check.add(
                    .warning, place, "\(field)[\(index)].\(key)",
                    "found \"\(text.prefix(60))\" twice, first in line \(line)")
            } else {
                seen[text] = place.line
            }
        }
    }
}
