internal import HTTP
internal import Platform
internal import Portal
internal import Synchronization

extension BrowserHandler {
    /// `/`: on to the catalogue, by way of whatever the visitor still lacks (spec/portal-http.md, section 1).
    func index(_ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let visitor = try visitor(request, on: site)
        if let gate = accessGate(visitor, request, on: site) { return .now(gate) }
        let next: PortalRoute =
            if visitor.user != nil {
                .catalog
            } else if site.definition.isAnonymous {
                .createAnonymous
            } else {
                site.definition.isCatalogPublic ? .catalog : .login
            }
        return .now(PortalSite.redirect(to: next.path))
    }

    /// `/workshops/catalog/` (section 1.2). Everything that is the same for all visitors was written before.
    func catalog(_ request: HTTPRequest, on site: PortalSite) throws -> HTTPReply {
        let visitor = try visitor(request, on: site)
        if let gate = accessGate(visitor, request, on: site) { return .now(gate) }
        let definition = site.definition
        if visitor.user == nil && !definition.isCatalogPublic {
            return .now(
                PortalSite.redirect(to: LocalTarget.detour(.login, field: "next", backTo: LocalTarget.of(request))))
        }
        let reason = request.query.isEmpty ? nil : request.queryParameters["notification"].flatMap(ReturnReason.init)
        if let index = site.index, !visitor.isStaff {
            return .now(
                PortalSite.redirect(to: reason.map { index.adding(notification: $0.rawValue) }?.text ?? index.text))
        }
        var own: [(environment: EnvironmentName, session: SessionName)] = []
        if let user = visitor.user {
            own = try service.store.read { try $0.sessions(ownedBy: user.id) }
                .filter(\.isLive).map { ($0.environment, $0.name) }
        }
        let catalog = try service.catalog()
        let page = catalogs.page(of: catalog, on: site, now: clock.now())
        return .now(
            HTTPResponse(
                headers: site.security.headers(forms: .none),
                body: .bytes(page.bytes(reason: reason, for: reader(visitor), own: own))))
    }
}

extension BrowserHandler {
    /// What a page's head says of the visitor.
    func reader(_ visitor: Visitor) -> PageFrame.Reader {
        guard let user = visitor.user else { return .nobody }
        return user.kind == .anonymous ? .anonymous : .account(displayName(of: user))
    }
}

/// The written catalogue, kept until something that it shows changes.
final class CatalogPages: Sendable {
    private struct Kept {
        let version: UInt64
        let site: PortalSite
        /// When its "next place in …" is no longer right; `nil` for never.
        let freshUntil: Timestamp?
        let page: CatalogPage
    }
    private let kept = Mutex<Kept?>(nil)

    /// Seconds for which a page that speaks of minutes is right.
    private static let lifetime = 15

    func page(of catalog: PortalCatalog, on site: PortalSite, now: Timestamp) -> CatalogPage {
        let old = kept.withLock { $0 }
        if let old, old.version == catalog.version, old.site === site,
            old.freshUntil.map({ now < $0 }) ?? true
        {
            return old.page
        }
        let cards = catalog.entries.filter { $0.environment.state == .running }.map { entry in
            CatalogCard(
                environment: entry.environment.name, workshop: entry.definition, free: entry.freePlaces,
                capacity: entry.environment.limits.capacity,
                nextPlace: entry.nextPlace.map { max(0, $0.seconds(since: now)) })
        }
        let page = CatalogPage(cards, in: site.frame, startsAtOnce: site.definition.isAnonymous)
        let speaksOfTime = cards.contains { $0.nextPlace != nil }
        kept.withLock {
            $0 = Kept(
                version: catalog.version, site: site,
                freshUntil: speaksOfTime ? now.advanced(bySeconds: CatalogPages.lifetime) : nil, page: page)
        }
        return page
    }
}
