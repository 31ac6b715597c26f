/// Rendered pages, the newest uses first to stay: a limited number of bytes.
struct PageCache {
    /// Bytes that all pages together may have.
    let limit: Int
    private(set) var bytes = 0
    private var pages: [String: (page: InstructionLibrary.Rendering, use: UInt64)] = [:]
    private var uses: UInt64 = 0

    /// - Parameter limit: 0 keeps nothing.
    init(limit: Int) { self.limit = max(0, limit) }

    subscript(id: String) -> InstructionLibrary.Rendering? {
        mutating get {
            guard let page = pages[id]?.page else { return nil }
            uses += 1
            pages[id] = (page, uses)
            return page
        }
    }

    /// Keeps a page, and lets go of those that nobody has asked for longest. One that is too large by itself is not kept.
    mutating func keep(_ page: InstructionLibrary.Rendering, of id: String) {
        let count = page.html.utf8.count
        if let old = pages.removeValue(forKey: id) { bytes -= old.page.html.utf8.count }
        guard count <= limit else { return }
        while bytes + count > limit, let oldest = pages.min(by: { $0.value.use < $1.value.use }) {
            pages.removeValue(forKey: oldest.key)
            bytes -= oldest.value.page.html.utf8.count
        }
        uses += 1
        pages[id] = (page, uses)
        bytes += count
    }

    mutating func clear() {
        pages.removeAll()
        bytes = 0
    }
}
