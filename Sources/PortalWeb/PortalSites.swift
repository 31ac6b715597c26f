internal import Portal
internal import Synchronization

/// The site of the current definition, made again after each reload.
final class PortalSites: Sendable {
    private let service: PortalService
    private let kept: Mutex<PortalSite>

    init(_ service: PortalService) {
        self.service = service
        kept = Mutex(PortalSite(definition: service.definitions.portal, addresses: service.address))
    }

    func current() -> PortalSite {
        let definition = service.definitions.portal
        let known = kept.withLock { $0 }
        // Equal values share their storage until a reload, so that this compares a few pointers.
        if known.definition == definition { return known }
        let site = PortalSite(definition: definition, addresses: service.address)
        kept.withLock { $0 = site }
        return site
    }
}
