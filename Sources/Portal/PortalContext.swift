internal import Platform
internal import Synchronization

/// What the acting parts of a portal share.
final class PortalContext: Sendable {
    let address: PortalAddress
    let store: any PortalStore
    let runtime: any SessionRuntime
    let clock: WallClock
    let log: Log
    let settings: PortalSettings
    let secrets: SessionSecrets
    let drawn: DrawnSecrets
    /// Stays the same for the life of the portal's data.
    let uid: String
    let counters = PortalCounters()
    let measures = PortalMeasures()
    let catalog = CatalogCache()
    let pages = PagesReached()
    private let current: Mutex<PortalDefinitions>

    init(
        definitions: PortalDefinitions, address: PortalAddress, store: any PortalStore, runtime: any SessionRuntime,
        clock: WallClock, log: Log, settings: PortalSettings, secrets: SessionSecrets, drawn: DrawnSecrets,
        uid: String
    ) {
        self.address = address
        self.store = store
        self.runtime = runtime
        self.clock = clock
        self.log = log
        self.settings = settings
        self.secrets = secrets
        self.drawn = drawn
        self.uid = uid
        current = Mutex(definitions)
    }

    /// Replaced as a whole, so that nobody sees half of a reload.
    var definitions: PortalDefinitions {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }
    /// Those that count now.
    var credentials: PortalCredentials { PortalCredentials(definitions.portal, drawn: drawn) }
}
