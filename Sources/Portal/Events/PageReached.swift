internal import FoundationEssentials
public import Platform
internal import Synchronization

/// How far a learner has come in the instructions, as the session itself tells.
public struct PageReached: Sendable, Equatable {
    /// The page's name, without its folder's order being told: `02-edit/files`.
    public let page: String
    /// From 1, at most `total`.
    public let number: Int
    public let total: Int
    /// When the page was opened.
    public let since: Timestamp

    /// Reads the data of `Workshop/View`. `nil` when it does not say.
    init?(_ data: EventData, since: Timestamp) {
        struct View: Decodable {
            var page: String?
            var number: Int?
            var total: Int?
            enum CodingKeys: String, CodingKey {
                case page = "current_page"
                case number = "page_number"
                case total = "pages_total"
            }
        }
        guard let view = try? JSONDecoder().decode(View.self, from: Data(data.json.utf8)), let page = view.page,
            let number = view.number, let total = view.total, number >= 1, number <= total, total <= 100_000
        else { return nil }
        self.page = String(page.unicodeScalars.prefix(200).map(Character.init))
        self.number = number
        self.total = total
        self.since = since
    }
}

/// The pages that learners are on: in memory, so that it costs nothing to keep, and told anew after a restart as soon as
/// a learner turns a page.
final class PagesReached: Sendable {
    private static let limit = 50_000
    private let pages = Mutex<[SessionName: PageReached]>([:])
    private let turned = Atomic<UInt64>(0)

    /// Counts the pages turned, for whoever shows them.
    var changes: UInt64 { turned.load(ordering: .relaxed) }

    subscript(session: SessionName) -> PageReached? { pages.withLock { $0[session] } }

    func set(_ page: PageReached, of session: SessionName) {
        pages.withLock { pages in
            // Sessions that ended are left behind in between: then all start anew.
            if pages.count >= PagesReached.limit && pages[session] == nil { pages.removeAll() }
            pages[session] = page
        }
        turned.add(1, ordering: .relaxed)
    }

    func forget(_ session: SessionName) { pages.withLock { $0[session] = nil } }
}
