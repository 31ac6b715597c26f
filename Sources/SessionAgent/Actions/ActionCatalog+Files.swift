internal import HTTP

extension ActionCatalog {
    static let examiner: [ActionForm] = [
        ActionForm(
            "examiner:execute-test",
            [
                ActionField("name", .text, .optional),
                ActionField("url", .address(isTab: false), .optional),
                ActionField("args", .texts, .fallback([])),
                ActionField("timeout", .seconds(hasForever: false), .fallback(15)),
                ActionField("retries", .count, .fallback(0)),
                ActionField("delay", .seconds(hasForever: false), .fallback(1)),
                ActionField("inputs", .mapping, .optional),
            ], oneOf: ["name", "url"])
    ]

    private static let source = [
        ActionField("path", .text, .optional), ActionField("url", .address(isTab: false), .optional),
        ActionField("download", .text, .optional), ActionField("preview", .boolean, .fallback(false)),
    ]

    static let files: [ActionForm] = [
        ActionForm("files:download-file", source, oneOf: ["path", "url"], shows: ["path", "url"]),
        ActionForm("files:copy-file", source, oneOf: ["path", "url"], shows: ["path", "url"]),
        ActionForm("files:upload-file", [ActionField("path")], cooldown: 3, shows: ["path"]),
        ActionForm("files:upload-files", [ActionField("directory", .text, .optional)], cooldown: 3),
    ]
}
