internal import HTTP

/// Where a learner who comes back goes on: the page that this browser saw last, in a cookie of its own.
struct PagePlace {
    let cookies: AgentCookies

    /// The page that the browser saw last, if the workshop still has it.
    func page(of request: HTTPRequest, among pages: [InstructionPage]) -> String? {
        for value in request.cookies.all(cookies.placeName) where value.utf8.count <= 1024 {
            let id = PercentEncoding.decode(value)
            if pages.contains(where: { $0.id == id }) { return id }
        }
        return nil
    }

    func cookie(for page: InstructionPage) -> SetCookie {
        cookies.cookie(cookies.placeName, PercentEncoding.encode(page.id), seconds: AgentCookies.lifetime)
    }
}
