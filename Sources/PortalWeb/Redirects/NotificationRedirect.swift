internal import HTTP
internal import Portal

/// Why a visitor is sent back (spec/portal-http.md, section 0; spec/anonymous-access.txt).
public enum ReturnReason: String, Sendable, CaseIterable {
    /// The visitor ended or restarted the session.
    case sessionDeleted = "session-deleted"
    /// No place is free, or the visitor or address has reached a limit.
    case sessionUnavailable = "session-unavailable"
    /// The session does not exist, is gone, or belongs to somebody else.
    case sessionInvalid = "session-invalid"
    /// No environment of that name.
    case workshopInvalid = "workshop-invalid"
    /// The session was not ready in time.
    case startupTimeout = "startup-timeout"
}

/// The one place where a redirect with a notification is built (spec/portal-http.md, section 0, "target chain").
enum NotificationRedirect {
    /// Back to the page that the visitor came from; without one to the portal's index, or its catalogue.
    /// - Parameter address: the index URL of the request or the one bound to the session, checked.
    static func response(
        _ reason: ReturnReason, to address: ReturnAddress?, isStaff: Bool = false, on site: PortalSite
    ) -> HTTPResponse {
        PortalSite.redirect(to: url(reason, to: address, isStaff: isStaff, on: site))
    }

    /// The same target as text: a path of this portal, or an absolute URL.
    static func url(
        _ reason: ReturnReason, to address: ReturnAddress?, isStaff: Bool = false, on site: PortalSite
    ) -> String {
        guard let target = address ?? (isStaff ? nil : site.index) else {
            return PortalRoute.catalog.path + "?notification=" + reason.rawValue
        }
        return target.adding(notification: reason.rawValue).text
    }
}
