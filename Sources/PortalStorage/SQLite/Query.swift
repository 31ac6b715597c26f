/// Every fixed statement of the store in one place, each with the index that it must use: SQLite refuses to prepare one
/// whose index does not fit, so none can become a scan unnoticed.
enum Query: Int, CaseIterable {
    case beginReading, beginWriting, commit, savepoint, releaseSavepoint, undoToSavepoint
    case commitNumber, setCommitNumber, takeEnvironmentNumber

    case environmentsInUse, environmentsStopped, environment, insertEnvironment, updateEnvironment, updateNextSession

    case session, sessionsOfOwner, oldestReserved, reservedOfPortal, sessionsByAge, sessionsByName
    case sessionsOfEnvironment, expiringSessions, nextExpiry, unseenSessions, insertSession
    case liveCounts

    case user, userNumber, insertUser, updateUser, users, staff, deleteUser, userDetails, setUserDetails
    case accountOfUser, accountNamed, accountOfProvider, saveAccount
    case loginsOfUser, allSessionsOfOwner, accessTokensOfUser, refreshTokensOfUser
    case deleteLoginsOfUser, deleteCodesOfUser, deleteSessionsOfOwner
    case login, insertLogin, updateLogin, deleteLogin
    case insertCode, takeCode
    case accessToken, insertAccessToken, refreshToken, insertRefreshToken, spendRefreshToken
    case deleteAccessTokensOfFamily, deleteAccessTokensOfClient, deleteAccessTokensOfUser
    case deleteRefreshTokensOfFamily, deleteRefreshTokensOfClient, deleteRefreshTokensOfUser
    case setting, setSetting
    case webhookEntries, sessionEntries, allEntries, entriesAbout, outboxTargets, lastEntry
    case insertEntries, deliveredOfEntry, deliveredOfAll, setDelivered, setEntries, deleteEntries

    case insertAudit, trimAudit, auditEntries, auditEntry, purgeAudit, eraseAuditActor, eraseAuditTarget

    case purgeSessions, purgeUsers, purgeLogins, purgeCodes, purgeAccessTokens, purgeRefreshTokens

    static let selectSession = """
        SELECT s.number, s.name, s.environment, s.number_in_environment, s.state, s.is_ready, s.owner, u.id, s.created,
            s.started, s.expires, s.stopped, s.end_reason, s.last_seen, s.activation, s.index_url, s.client_secret,
            s.parameters, s.analytics_url
        FROM sessions s
        """
    private static let selectAccount = """
        SELECT u.id, a.name_key, a.password, a.display_name, a.issuer, a.subject, a.changed
        FROM accounts a JOIN users u ON u.number = a.user
        """
    static let withOwner = "LEFT JOIN users u ON u.number = s.owner"
    private static let active = "s.state IN ('starting', 'waiting', 'running', 'stopping')"

    var sql: String {
        switch self {
        case .beginReading: "BEGIN"
        case .beginWriting: "BEGIN IMMEDIATE"
        case .commit: "COMMIT"
        case .savepoint: "SAVEPOINT body"
        case .releaseSavepoint: "RELEASE body"
        case .undoToSavepoint: "ROLLBACK TO body"
        case .commitNumber: "SELECT commits FROM portal WHERE one = 1"
        case .setCommitNumber: "UPDATE portal SET commits = ?1 WHERE one = 1"
        case .takeEnvironmentNumber:
            "UPDATE portal SET last_environment = last_environment + 1 WHERE one = 1 RETURNING last_environment"

        case .environmentsInUse:
            """
            SELECT * FROM environments INDEXED BY environments_in_use WHERE state <> 'stopped' ORDER BY position, number
            """
        case .environmentsStopped:
            // Walks back from the highest number: nearly all rows of an old portal are stopped ones.
            """
            SELECT * FROM environments NOT INDEXED WHERE state = 'stopped' AND number < 9223372036854775807
            ORDER BY number DESC LIMIT ?1
            """
        case .environment: "SELECT * FROM environments WHERE name = ?1"
        case .insertEnvironment:
            "INSERT INTO environments VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19)"
        case .updateEnvironment:
            """
            UPDATE environments SET workshop = ?3, resource = ?4, revision = ?5, state = ?6, position = ?7,
                capacity = ?8, initial = ?9, reserved = ?10, expires = ?11, overtime = ?12, deadline = ?13,
                orphaned = ?14, overdue = ?15, refresh = ?16, next_session = ?18, problem = ?19
            WHERE name = ?2
            """
        case .updateNextSession: "UPDATE environments SET next_session = ?2 WHERE name = ?1"

        case .session: "\(Query.selectSession) \(Query.withOwner) WHERE s.name = ?1"
        case .sessionsOfOwner:
            """
            \(Query.selectSession) INDEXED BY sessions_of_owner JOIN users u ON u.number = s.owner
            WHERE u.id = ?1 AND s.owner IS NOT NULL AND \(Query.active)
            """
        case .oldestReserved:
            """
            \(Query.selectSession) INDEXED BY sessions_of_environment \(Query.withOwner)
            WHERE s.environment = ?1 AND s.state = ?2 AND s.owner IS NULL ORDER BY s.created, s.number LIMIT ?3
            """
        case .reservedOfPortal:
            """
            \(Query.selectSession) INDEXED BY sessions_reserved \(Query.withOwner)
            WHERE s.owner IS NULL AND s.state IN ('starting', 'waiting') ORDER BY s.created, s.number LIMIT ?1
            """
        case .sessionsByAge:
            """
            \(Query.selectSession) INDEXED BY sessions_by_age \(Query.withOwner)
            WHERE s.state = ?1 ORDER BY s.created, s.number LIMIT ?2
            """
        case .sessionsByName:
            """
            \(Query.selectSession) INDEXED BY sessions_by_name \(Query.withOwner)
            WHERE s.state = ?1 AND s.name > ?2 ORDER BY s.name LIMIT ?3
            """
        case .sessionsOfEnvironment:
            """
            \(Query.selectSession) INDEXED BY sessions_of_environment \(Query.withOwner)
            WHERE s.environment = ?1 AND \(Query.active) ORDER BY s.created, s.number
            """
        case .expiringSessions:
            """
            \(Query.selectSession) INDEXED BY sessions_expiring \(Query.withOwner)
            WHERE s.expires IS NOT NULL AND s.state IN ('starting', 'waiting', 'running') AND s.expires <= ?1
            ORDER BY s.expires, s.number LIMIT ?2
            """
        case .nextExpiry:
            """
            SELECT expires FROM sessions INDEXED BY sessions_expiring
            WHERE expires IS NOT NULL AND state IN ('starting', 'waiting', 'running') ORDER BY expires LIMIT 1
            """
        case .unseenSessions:
            """
            \(Query.selectSession) INDEXED BY sessions_unseen \(Query.withOwner)
            WHERE s.environment = ?1 AND s.state = 'running' AND coalesce(s.last_seen, s.started, s.created) <= ?2
            ORDER BY coalesce(s.last_seen, s.started, s.created), s.number LIMIT ?3
            """
        case .insertSession:
            """
            INSERT INTO sessions (name, environment, number_in_environment, state, is_ready, owner, created, started,
                expires, stopped, end_reason, last_seen, activation, index_url, client_secret, parameters,
                analytics_url)
            VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17)
            """
        case .liveCounts:
            """
            SELECT environment, state, owner IS NULL, count(*) FROM sessions INDEXED BY sessions_of_environment
            WHERE state <> 'stopped' GROUP BY 1, 2, 3
            """

        case .userDetails:
            """
            SELECT d.email, d.first_name, d.last_name FROM users u JOIN user_details d ON d.user = u.number
            WHERE u.id = ?1
            """
        case .setUserDetails:
            "INSERT OR REPLACE INTO user_details (user, email, first_name, last_name) VALUES (?1, ?2, ?3, ?4)"
        case .user: "SELECT id, kind, joined FROM users WHERE id = ?1"
        case .userNumber: "SELECT number FROM users WHERE id = ?1"
        case .insertUser: "INSERT INTO users (id, kind, joined) VALUES (?1, ?2, ?3)"

        case .updateUser: "UPDATE users SET kind = ?2 WHERE id = ?1"
        case .users: "SELECT id, kind, joined FROM users WHERE id > ?1 ORDER BY id LIMIT ?2"
        case .staff: "SELECT id, kind, joined FROM users INDEXED BY users_of_staff WHERE kind = 'staff' ORDER BY id"
        case .deleteUser: "DELETE FROM users WHERE id = ?1"

        case .accountOfUser: "\(Query.selectAccount) WHERE u.id = ?1"
        case .accountNamed: "\(Query.selectAccount) WHERE a.name_key = ?1"
        case .accountOfProvider:
            """
            \(Query.selectAccount) WHERE a.issuer IS NOT NULL AND a.issuer = ?1 AND a.subject = ?2
            """
        case .saveAccount:
            """
            INSERT INTO accounts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (user) DO UPDATE SET name_key = excluded.name_key, password = excluded.password,
                display_name = excluded.display_name, issuer = excluded.issuer, subject = excluded.subject,
                changed = excluded.changed
            """
        case .loginsOfUser:
            """
            SELECT l.digest, l.has_shown_access_code, l.created, l.expires
            FROM logins l INDEXED BY logins_of_user JOIN users u ON u.number = l.user
            WHERE u.id = ?1 AND l.user IS NOT NULL ORDER BY l.created
            """
        case .allSessionsOfOwner:
            """
            \(Query.selectSession) INDEXED BY sessions_of_owner JOIN users u ON u.number = s.owner
            WHERE u.id = ?1 AND s.owner IS NOT NULL ORDER BY s.created, s.number
            """
        case .accessTokensOfUser:
            "SELECT * FROM access_tokens INDEXED BY access_tokens_of_user WHERE user = ?1 ORDER BY issued"
        case .refreshTokensOfUser:
            "SELECT * FROM refresh_tokens INDEXED BY refresh_tokens_of_user WHERE user = ?1 ORDER BY issued"
        case .deleteLoginsOfUser:
            """
            DELETE FROM logins INDEXED BY logins_of_user
            WHERE user IS NOT NULL AND user = (SELECT number FROM users WHERE id = ?1)
            """
        // Codes live for a minute: there are few.
        case .deleteCodesOfUser: "DELETE FROM codes WHERE user = ?1"
        case .deleteSessionsOfOwner:
            """
            DELETE FROM sessions INDEXED BY sessions_of_owner
            WHERE owner IS NOT NULL AND owner = (SELECT number FROM users WHERE id = ?1) AND state = 'stopped'
            """

        case .login:
            """
            SELECT l.digest, u.id, l.has_shown_access_code, l.created, l.expires
            FROM logins l LEFT JOIN users u ON u.number = l.user WHERE l.digest = ?1
            """
        case .insertLogin: "INSERT INTO logins VALUES (?1, ?2, ?3, ?4, ?5)"
        case .updateLogin: "UPDATE logins SET user = ?2, has_shown_access_code = ?3, expires = ?4 WHERE digest = ?1"
        case .deleteLogin: "DELETE FROM logins WHERE digest = ?1"

        case .insertCode: "INSERT INTO codes VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        case .takeCode:
            "DELETE FROM codes WHERE digest = ?1 RETURNING digest, session, user, redirect_uri, challenge, expires"
        case .accessToken: "SELECT * FROM access_tokens WHERE digest = ?1"
        case .insertAccessToken: "INSERT INTO access_tokens VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
        case .refreshToken: "SELECT * FROM refresh_tokens WHERE digest = ?1"
        case .insertRefreshToken: "INSERT INTO refresh_tokens VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
        case .spendRefreshToken: "UPDATE refresh_tokens SET is_spent = 1 WHERE digest = ?1 AND is_spent = 0"
        case .deleteAccessTokensOfFamily:
            "DELETE FROM access_tokens INDEXED BY access_tokens_of_family WHERE family = ?1"
        case .deleteRefreshTokensOfFamily:
            "DELETE FROM refresh_tokens INDEXED BY refresh_tokens_of_family WHERE family = ?1"
        case .deleteAccessTokensOfClient:
            """
            DELETE FROM access_tokens INDEXED BY access_tokens_of_client WHERE client = ?1 AND session IS NULL
            """
        case .deleteRefreshTokensOfClient:
            "DELETE FROM refresh_tokens INDEXED BY refresh_tokens_of_client WHERE client = ?1"
        case .deleteAccessTokensOfUser: "DELETE FROM access_tokens INDEXED BY access_tokens_of_user WHERE user = ?1"
        case .deleteRefreshTokensOfUser: "DELETE FROM refresh_tokens INDEXED BY refresh_tokens_of_user WHERE user = ?1"

        case .setting: "SELECT value FROM settings WHERE name = ?1"
        case .setSetting:
            "INSERT INTO settings VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"

        case .webhookEntries:
            """
            SELECT * FROM outbox NOT INDEXED WHERE number > ?1 AND target = '' ORDER BY number
            """
        case .sessionEntries:
            """
            SELECT * FROM outbox INDEXED BY outbox_of_sessions
            WHERE target = ?1 AND target <> '' AND number > ?2 ORDER BY number
            """
        case .allEntries: "SELECT * FROM outbox NOT INDEXED ORDER BY number"
        case .entriesAbout: "SELECT * FROM outbox NOT INDEXED WHERE instr(body, ?1) > 0 OR instr(body, ?2) > 0"
        case .outboxTargets:
            "SELECT DISTINCT target FROM outbox INDEXED BY outbox_of_sessions WHERE target <> ''"
        case .lastEntry: "SELECT max(number) FROM outbox"
        case .insertEntries: "INSERT INTO outbox VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        case .deliveredOfEntry:
            "SELECT number, events, delivered FROM outbox NOT INDEXED WHERE number >= ?1 ORDER BY number LIMIT 1"
        case .deliveredOfAll: "SELECT number, events, delivered FROM outbox NOT INDEXED ORDER BY number"
        case .setDelivered: "UPDATE outbox SET delivered = ?2 WHERE number = ?1"
        case .setEntries: "UPDATE outbox SET delivered = ?2, body = ?3 WHERE number = ?1"
        case .deleteEntries: "DELETE FROM outbox WHERE number = ?1"
        case .insertAudit:
            """
            INSERT INTO audit (moment, actor, action, target, outcome, amount) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """
        case .trimAudit: "DELETE FROM audit WHERE number <= ?1"
        case .auditEntries:
            """
            SELECT number, moment, actor, action, target, outcome, amount FROM audit
            WHERE number < ?1 ORDER BY number DESC LIMIT ?2
            """
        case .auditEntry:
            "SELECT number, moment, actor, action, target, outcome, amount FROM audit WHERE number = ?1"
        case .eraseAuditActor: "UPDATE audit SET actor = ?2 WHERE number > 0 AND actor = ?1"
        case .eraseAuditTarget:
            "UPDATE audit SET target = ?2 WHERE number > 0 AND target = ?1 AND action = 'end-sessions'"
        case .purgeAudit:
            """
            DELETE FROM audit WHERE number IN (
                SELECT number FROM audit WHERE number > 0 AND moment < ?1 ORDER BY number LIMIT ?2)
            """

        case .purgeSessions:
            """
            DELETE FROM sessions WHERE number IN (
                SELECT number FROM sessions INDEXED BY sessions_ended
                WHERE state = 'stopped' AND coalesce(stopped, created) < ?1
                ORDER BY coalesce(stopped, created) LIMIT ?2)
            """
        case .purgeUsers:
            """
            DELETE FROM users WHERE number IN (
                SELECT number FROM users INDEXED BY users_anonymous
                WHERE kind = 'anonymous' AND joined < ?1
                    AND NOT EXISTS (
                        SELECT 1 FROM sessions INDEXED BY sessions_of_owner
                        WHERE owner = users.number AND owner IS NOT NULL)
                ORDER BY joined LIMIT ?2)
            RETURNING id
            """
        case .purgeLogins: Query.purge("logins")
        case .purgeCodes: Query.purge("codes")
        case .purgeAccessTokens: Query.purge("access_tokens")
        case .purgeRefreshTokens: Query.purge("refresh_tokens")
        }
    }

    private static func purge(_ table: String) -> String {
        """
        DELETE FROM \(table) WHERE digest IN (
            SELECT digest FROM \(table) INDEXED BY \(table)_expiring WHERE expires <= ?1 ORDER BY expires LIMIT ?2)
        """
    }
}
