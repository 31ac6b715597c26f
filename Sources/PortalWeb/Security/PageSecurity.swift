internal import HTTP
internal import Platform
internal import Portal

/// Header fields that every page carries, made once per definition.
struct PageSecurity: Sendable {
    /// Whether a page has forms. Browsers apply `form-action` to the redirects after a form too, and those may lead to an
    /// index page anywhere.
    enum Forms { case none, anywhere }

    private let withoutForms: HTTPHeaders
    private let withForms: HTTPHeaders

    init(definition: TrainingPortalDefinition) {
        func fields(_ formAction: String) -> HTTPHeaders {
            let hashes = PageSecurity.inlineHashes(definition.theme.html)
            let ancestors = definition.frameAncestors.compactMap(PageSecurity.source)
            let policy = [
                "default-src 'none'", "base-uri 'none'", "connect-src 'self'", "font-src 'self'",
                "img-src 'self' data:",
                "style-src 'self'" + hashes.styles, "script-src 'self'" + hashes.scripts, "form-action " + formAction,
                "frame-ancestors " + (["'self'"] + ancestors).joined(separator: " "),
            ]
            return [
                "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store",
                "Content-Security-Policy": policy.joined(separator: "; "), "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
                "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
            ]
        }
        withoutForms = fields("'none'")
        withForms = fields("'self' http: https:")
    }

    func headers(forms: Forms) -> HTTPHeaders {
        switch forms {
        case .none: withoutForms
        case .anywhere: withForms
        }
    }

    /// A frame ancestor as CSP writes it (CSP 3, section 2.3.1); `nil` for what would end the directive.
    private static func source(_ text: String) -> String? {
        let isClean = !text.isEmpty && text.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != 44 && $0 != 59 }
        return isClean ? text : nil
    }

    /// Allows the inline scripts and styles of the operator's own snippet by their hashes (CSP 3, section 2.3.1), so that
    /// nothing else inline ever runs.
    static func inlineHashes(_ html: String) -> (scripts: String, styles: String) {
        func hashes(_ tag: String) -> String {
            var result = ""
            for content in inlineContents(of: tag, in: Array(html.utf8)) {
                result += " 'sha256-\(Base64.standard(SHA256.digest(of: content)))'"
            }
            return result
        }
        return (hashes("script"), hashes("style"))
    }

    private static func inlineContents(of tag: String, in html: [UInt8]) -> [[UInt8]] {
        func lowered(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte + 32 : byte }
        func find(_ mark: String, from start: Int) -> Int? {
            let mark = Array(mark.utf8)
            guard html.count >= mark.count, start <= html.count - mark.count else { return nil }
            return (start...(html.count - mark.count)).first { place in
                mark.indices.allSatisfy { lowered(html[place + $0]) == mark[$0] }
            }
        }
        var contents: [[UInt8]] = []
        var place = 0
        while let open = find("<\(tag)", from: place), let close = find(">", from: open),
            let end = find("</\(tag)", from: close)
        {
            let content = Array(html[(close + 1)..<end])
            if !content.isEmpty { contents.append(content) }
            place = end
        }
        return contents
    }
}
