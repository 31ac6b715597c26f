internal import HTTP
internal import Platform
internal import Portal

/// One workshop as the catalogue shows it.
struct CatalogCard: Sendable, Equatable {
    var environment: EnvironmentName
    var workshop: WorkshopDefinition
    var free: Int
    var capacity: Int
    /// Seconds until a place becomes free at the latest.
    var nextPlace: Int?
}

/// The catalogue with everything written that is the same for all visitors. A request only joins the pieces.
final class CatalogPage: Sendable {
    private let opening: [UInt8]
    private let openingKnown: [UInt8]
    /// Before and after the name of somebody who is signed in.
    private let openingAccount: ([UInt8], [UInt8])
    private let cards: [Card]
    private let closing: [UInt8]
    private let size: Int
    private let banners: [ReturnReason: [UInt8]]

    private struct Card: Sendable {
        let environment: EnvironmentName
        let title: String
        let opening: [UInt8]
        let start: [UInt8]
        let closing: [UInt8]
    }

    /// - Parameter startsAtOnce: whether a visitor without a login can start, as in an anonymous portal.
    init(_ entries: [CatalogCard], in frame: PageFrame, startsAtOnce: Bool) {
        // The frame is written once with a mark in each place where the pieces go.
        let mark = "<!--here-->"
        func halves(_ html: HTML) -> ([UInt8], [UInt8]) { CatalogPage.cut(html.bytes, at: Array(mark.utf8)) }
        let nameMark = "(the name)"
        func framed(_ reader: PageFrame.Reader) -> ([UInt8], [UInt8]) {
            halves(frame.page(PortalText.workshops, reader: reader, isNarrow: false) { HTML.raw(mark) })
        }
        let introduction = HTML {
            div(.class("stack")) {
                h1 { frame.portalTitle }
                p(.class("soft")) { PortalText.catalogIntroduction }
            }
        }
        let nothing = HTML {
            div(.class("stack")) {
                h1 { frame.portalTitle }
                p { PortalText.catalogIsEmpty }
                p(.class("soft")) { PortalText.catalogIsEmptyAdvice }
            }
        }
        let intro = entries.isEmpty ? nothing : introduction
        let list = HTML.raw(entries.isEmpty ? "" : "<ul class=\"cards\" role=\"list\">")
        (opening, _) = framed(.nobody)
        let known = framed(.anonymous)
        openingKnown = known.0
        openingAccount = CatalogPage.cut(framed(.account(nameMark)).0, at: Array(nameMark.utf8))
        introductionAndList = intro.bytes + list.bytes
        closing = HTML.raw(entries.isEmpty ? "" : "</ul>").bytes + known.1
        cards = entries.map { entry in
            let (before, after) = halves(CatalogPage.card(entry, action: HTML.raw(mark)))
            return Card(
                environment: entry.environment, title: entry.workshop.title, opening: before,
                start: CatalogPage.startButton(entry, startsAtOnce: startsAtOnce).bytes, closing: after)
        }
        banners = Dictionary(
            uniqueKeysWithValues: ReturnReason.allCases.map { ($0, CatalogPage.banner($0).bytes) })
        size =
            openingKnown.count + introductionAndList.count + closing.count
            + cards.reduce(0) { $0 + $1.opening.count + $1.start.count + $1.closing.count } + 600
    }

    private let introductionAndList: [UInt8]

    /// The page for one visitor.
    /// - Parameter own: the visitor's sessions by environment.
    func bytes(
        reason: ReturnReason?, for reader: PageFrame.Reader,
        own: [(environment: EnvironmentName, session: SessionName)]
    ) -> [UInt8] {
        var page: [UInt8] = []
        page.reserveCapacity(size + own.count * 300)
        switch reader {
        case .unknown, .nobody, .staff: page.append(contentsOf: opening)
        case .anonymous: page.append(contentsOf: openingKnown)
        case .account(let name):
            page.append(contentsOf: openingAccount.0)
            page.append(contentsOf: HTML { name }.bytes)
            page.append(contentsOf: openingAccount.1)
        }
        if let reason, let banner = banners[reason] { page.append(contentsOf: banner) }
        page.append(contentsOf: introductionAndList)
        for card in cards {
            page.append(contentsOf: card.opening)
            if !own.isEmpty, let session = own.first(where: { $0.environment == card.environment })?.session {
                page.append(contentsOf: CatalogPage.continueButton(card.title, session).bytes)
            } else {
                page.append(contentsOf: card.start)
            }
            page.append(contentsOf: card.closing)
        }
        page.append(contentsOf: closing)
        return page
    }

    static func banner(_ reason: ReturnReason) -> HTML {
        let (happened, advice) = PortalText.banner(reason)
        let kind =
            switch reason {
            case .sessionDeleted: "banner good"
            case .sessionUnavailable: "banner warn"
            case .sessionInvalid, .workshopInvalid, .startupTimeout: "banner bad"
            }
        return div(.class(kind), .role("status")) {
            p { strong { happened } }
            p { advice }
        }
    }

    private static func card(_ entry: CatalogCard, action: HTML) -> HTML {
        let workshop = entry.workshop
        return li(.class("card")) {
            if workshop.logo.hasPrefix("data:image/") { img(.class("icon"), .src(workshop.logo), .alt("")) }
            h2 { workshop.title }
            if !workshop.description.isEmpty { p { workshop.description } }
            facts(workshop)
            if !workshop.tags.isEmpty {
                ul(.class("tags"), .role("list"), .aria("label", PortalText.tags)) {
                    for tag in workshop.tags { li(.class("tag")) { tag } }
                }
            }
            div(.class("foot stack")) {
                p(.class("small")) {
                    PortalText.seats(free: entry.free, capacity: entry.capacity, nextPlace: entry.nextPlace)
                }
                div(.class("actions")) { action }
            }
        }
    }

    private static func facts(_ workshop: WorkshopDefinition) -> HTML {
        var facts: [HTML] = []
        if workshop.duration > 0 {
            facts.append(li { "\(PortalText.duration) \(PortalText.length(seconds: workshop.duration))" })
        }
        if !workshop.difficulty.isEmpty {
            facts.append(li { "\(PortalText.difficulty): \(PortalText.level(workshop.difficulty))" })
        }
        let makers = workshop.vendor.isEmpty ? workshop.authors.joined(separator: ", ") : workshop.vendor
        if !makers.isEmpty { facts.append(li { "\(PortalText.by) \(makers)" }) }
        if workshop.url.hasPrefix("https://") || workshop.url.hasPrefix("http://") {
            facts.append(
                li {
                    a(.href(workshop.url), .rel("noopener")) {
                        PortalText.aboutThisWorkshop
                        span(.class("visually-hidden")) { ": " + workshop.title }
                    }
                })
        }
        return facts.isEmpty ? .empty : ul(.class("facts"), .role("list")) { facts }
    }

    private static func startButton(_ entry: CatalogCard, startsAtOnce: Bool) -> HTML {
        let name = entry.environment.rawValue
        let route: PortalRoute = startsAtOnce ? .create(name) : .environment(name)
        return a(.class(entry.free > 0 ? "button primary" : "button"), .href(route.path), .rel("nofollow")) {
            entry.free > 0 ? PortalText.start : PortalText.tryAnyway
            span(.class("visually-hidden")) { ": " + entry.workshop.title }
        }
    }

    private static func continueButton(_ title: String, _ session: SessionName) -> HTML {
        HTML {
            a(.class("button primary"), .href(PortalRoute.session(session.rawValue).path)) {
                PortalText.continue
                span(.class("visually-hidden")) { ": " + title }
            }
            span(.class("tag accent")) { PortalText.yourSession }
        }
    }

    private static func cut(_ bytes: [UInt8], at mark: [UInt8]) -> ([UInt8], [UInt8]) {
        guard bytes.count >= mark.count,
            let place = (0...(bytes.count - mark.count)).first(where: {
                bytes[$0] == mark[0] && Array(bytes[$0..<($0 + mark.count)]) == mark
            })
        else { return (bytes, []) }
        return (Array(bytes[..<place]), Array(bytes[(place + mark.count)...]))
    }
}
