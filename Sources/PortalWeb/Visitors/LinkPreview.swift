internal import HTTP

/// Requests that nobody sent by clicking: browsers that fetch ahead, programs that make a preview of a link, crawlers.
/// They get a page that says what the link is, and never a session or a user.
enum LinkPreview {
    /// Whether the request comes from such a program. A plain client (`curl`, a test) says nothing about itself and is
    /// taken at its word: it wants what it asks for.
    static func isLikely(_ request: HTTPRequest) -> Bool {
        if request.method == .head { return true }
        for name in ["Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"] {
            guard let purpose = request.headers[name] else { continue }
            let text = purpose.lowercased()
            if text.contains("prefetch") || text.contains("prerender") || text.contains("preview") { return true }
        }
        // A script, an image or a style sheet that points here is not a visitor either (Fetch Metadata).
        if let destination = request.headers["Sec-Fetch-Dest"],
            !["document", "iframe", "frame", "empty", "object", "embed"].contains(destination)
        {
            return true
        }
        if let mode = request.headers["Sec-Fetch-Mode"], mode != "navigate" { return true }
        guard let agent = request.headers["User-Agent"] else { return false }
        return isPreviewer(agent)
    }

    /// Programs known by name, and the words by which well-behaved ones call themselves.
    static func isPreviewer(_ agent: String) -> Bool {
        let text = agent.utf8.map { $0 >= 65 && $0 <= 90 ? $0 + 32 : $0 }
        return text.indices.contains { place in
            marksByFirstByte[Int(text[place])].contains { mark in
                text[place...].starts(with: mark) && !isTelephone(text, at: place)
            }
        }
    }

    /// The makers of one telephone have a name that sounds like a robot's.
    private static func isTelephone(_ text: [UInt8], at place: Int) -> Bool {
        place >= 2 && text[(place - 2)...].starts(with: "cubot".utf8)
    }

    /// One pass over the text looks for all of them.
    private static let marksByFirstByte: [[[UInt8]]] = {
        var table = [[[UInt8]]](repeating: [], count: 256)
        for mark in marks.map({ Array($0.utf8) }) { table[Int(mark[0])].append(mark) }
        return table
    }()

    private static let marks = [
        "bot/", "bot;", "bot ", "bot)", "crawler", "spider", "slurp", "preview", "facebookexternalhit",
        "facebookcatalog",
        "meta-externalagent", "whatsapp", "telegrambot", "discordbot", "slackbot", "slack-imgproxy", "twitterbot",
        "linkedinbot", "skypeuripreview", "googlebot", "google-inspectiontool", "google-safety", "googleother",
        "bingbot", "applebot", "duckduckbot", "yandexbot", "baiduspider", "pinterest", "redditbot", "embedly",
        "mastodon", "misskey", "pleroma", "akkoma", "iframely", "vkshare", "viber", "snapchat", "nuzzel", "quora link",
        "w3c_validator", "ahrefs", "semrush", "mj12bot", "petalbot", "gptbot", "claudebot", "ccbot", "perplexitybot",
        "chrome-lighthouse", "safelinks", "urlscan", "barracuda", "proofpoint", "mimecast",
    ]
}
