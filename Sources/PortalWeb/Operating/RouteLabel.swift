/// What a request is called in metrics: one word for each kind of address, whatever names stand in it.
enum RouteLabel: Int, CaseIterable, Sendable {
    case index, catalog, accessCode, environment, create, session, progress, activate, delete
    case createAnonymous, registration, login, logout, passwordChange, passwordReset, providerLogin, providerCallback
    case authorize
    case token, revoke, introspect, authorizationServer
    case admin, adminEvents, adminLog, adminAct, adminLogin
    case staticFile, themeFile, health, readiness, metrics, robots, favicon
    case apiEnvironments, apiWorkshops, apiStatus, apiRequest, apiUserSessions
    case apiAuthorize, apiConfig, apiSchedule, apiExtend, apiTerminate, apiEvent
    case openApi, docs
    /// Anything on the host of a session that is gone.
    case sessionHost
    /// No address of the portal.
    case unknown
    // On the portal's socket for agents.
    case agentToken, agentAuthorize, agentSchedule, agentExtend, agentTerminate, agentEvent, agentUnknown

    /// As it stands in the label: `access_code`.
    var name: String { RouteLabel.names[rawValue] }

    private static let names = allCases.map { label in
        String(describing: label).reduce(into: "") { text, letter in
            if letter.isUppercase { text += "_" + letter.lowercased() } else { text.append(letter) }
        }
    }
}

extension PortalRoute {
    var label: RouteLabel {
        switch self {
        case .index: .index
        case .catalog: .catalog
        case .accessCode: .accessCode
        case .environment: .environment
        case .create: .create
        case .session: .session
        case .progress: .progress
        case .activate: .activate
        case .delete: .delete
        case .createAnonymous: .createAnonymous
        case .registration, .registrationComplete, .registrationClosed: .registration
        case .login: .login
        case .logout: .logout
        case .passwordChange, .passwordChanged: .passwordChange
        case .passwordReset: .passwordReset
        case .providerLogin: .providerLogin
        case .providerCallback: .providerCallback
        case .authorize: .authorize
        case .token: .token
        case .revoke, .revokeToken: .revoke
        case .introspect: .introspect
        case .authorizationServer: .authorizationServer
        case .admin: .admin
        case .adminEvents: .adminEvents
        case .adminLog: .adminLog
        case .adminAct: .adminAct
        case .adminLogin: .adminLogin
        case .staticFile: .staticFile
        case .themeFile: .themeFile
        case .health: .health
        case .readiness: .readiness
        case .metrics: .metrics
        case .robots: .robots
        case .favicon: .favicon
        case .api(let call): call.label
        case .openAPI: .openApi
        case .docs: .docs
        }
    }
}

extension APIRoute {
    var label: RouteLabel {
        switch self {
        case .environments: .apiEnvironments
        case .workshops: .apiWorkshops
        case .status: .apiStatus
        case .request: .apiRequest
        case .userSessions: .apiUserSessions
        case .session(_, .authorize): .apiAuthorize
        case .session(_, .config): .apiConfig
        case .session(_, .schedule): .apiSchedule
        case .session(_, .extend): .apiExtend
        case .session(_, .terminate): .apiTerminate
        case .session(_, .event): .apiEvent
        }
    }
}

extension AgentRoute {
    var label: RouteLabel {
        switch self {
        case .token: .agentToken
        case .authorize: .agentAuthorize
        case .schedule: .agentSchedule
        case .extend: .agentExtend
        case .terminate: .agentTerminate
        case .event: .agentEvent
        }
    }
}
