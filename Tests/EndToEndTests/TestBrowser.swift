import Foundation
import HTTP
import HTTPEngine
import Testing

/// What a browser does at the front door: follows redirects, keeps cookies by host, sends no cookie elsewhere.
final class TestBrowser {
    struct Page {
        let status: Int
        let url: String
        let text: String
        /// Requests made to get here.
        let requests: Int
    }

    private let port: Int
    private let client = CurlClient()
    private var cookies: [String: [String: String]] = [:]
    /// Everything that nobody else may learn: values of cookies, codes and tokens in addresses.
    private(set) var secrets: Set<String> = []

    init(_ portal: RunningPortal) { port = portal.frontPort }

    /// Opens a URL and follows redirects until a page, or until they leave `lectern.localhost`.
    func open(
        _ start: String, method: HTTPMethod = .get, form: String = "", headers more: [String: String] = [:]
    ) throws -> Page {
        var url = start
        var method = method
        for number in 1...10 {
            let parts = try #require(URLComponents(string: url))
            let host = try #require(parts.host)
            guard host.hasSuffix("lectern.localhost") else {
                return Page(status: 0, url: url, text: "", requests: number - 1)
            }
            var headers: HTTPHeaders = [
                "Host": "\(host):\(port)", "Accept": "text/html", "User-Agent": "Mozilla/5.0 (test)",
                "Origin": "http://\(host):\(port)",
            ]
            for (name, value) in more { headers[name] = value }
            let jar = (cookies[host] ?? [:]).map { "\($0.key)=\($0.value)" }.joined(separator: "; ")
            if !jar.isEmpty { headers["Cookie"] = jar }
            if method == .post { headers["Content-Type"] = "application/x-www-form-urlencoded" }
            let target = "http://127.0.0.1:\(port)\(parts.percentEncodedPath)"
            let response = try client.send(
                HTTPClientRequest(
                    method: method, url: target + (parts.percentEncodedQuery.map { "?" + $0 } ?? ""), headers: headers,
                    body: method == .post ? Array(form.utf8) : [], timeout: 20))
            for field in response.headers.all("Set-Cookie") {
                if let value = field.prefix(while: { $0 != ";" }).split(separator: "=", maxSplits: 1).dropFirst().first,
                    value.utf8.count > 15
                {
                    secrets.insert(String(value))
                }
                let pair = field.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
                cookies[host, default: [:]][String(pair[0])] = pair.count > 1 ? String(pair[1]) : ""
            }
            guard (301...308).contains(response.status), let location = response.headers["Location"] else {
                return Page(
                    status: response.status, url: url, text: String(decoding: response.body, as: UTF8.self),
                    requests: number)
            }
            for item in URLComponents(string: location)?.queryItems ?? [] {
                if ["code", "token", "state"].contains(item.name), let value = item.value { secrets.insert(value) }
            }
            url = try #require(URL(string: location, relativeTo: URL(string: url))).absoluteString
            if response.status == 303 || response.status == 302 { method = .get }
        }
        Issue.record("more than 10 redirects from \(start)")
        throw CancellationError()
    }

    /// Opens it again and again, as a page that refreshes itself does.
    func open(_ url: String, until isThere: (Page) -> Bool) throws -> Page {
        let deadline = Date().addingTimeInterval(20)
        while true {
            let page = try open(url)
            if isThere(page) || Date() > deadline { return page }
            usleep(50_000)
        }
    }
}
