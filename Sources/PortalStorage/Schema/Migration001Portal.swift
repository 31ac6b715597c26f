extension Migration {
    /// The first schema: environments, users, sessions, and what signs people in.
    ///
    /// Moments are milliseconds since 1970-01-01T00:00:00Z. Secrets stand here as BLAKE2b-256 digests only.
    static let portal = Migration(
        version: 1,
        sql: """
            CREATE TABLE portal (
                one INTEGER PRIMARY KEY CHECK (one = 1),
                last_environment INTEGER NOT NULL,  -- the highest environment number ever given out
                commits INTEGER NOT NULL            -- counts commits, so that a reader knows which one it sees
            ) STRICT;
            INSERT INTO portal VALUES (1, 0, 0);

            CREATE TABLE settings (
                name TEXT PRIMARY KEY,
                value BLOB NOT NULL
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE environments (
                number INTEGER PRIMARY KEY,         -- the number in the name
                name TEXT NOT NULL UNIQUE,
                workshop TEXT NOT NULL,             -- published name: alias or resource name
                resource TEXT NOT NULL,             -- name of the Workshop resource
                revision TEXT NOT NULL,             -- digest of its definition
                state TEXT NOT NULL CHECK (state IN ('starting', 'running', 'stopping', 'stopped')),
                position INTEGER NOT NULL,          -- place in the catalogue, from 1
                capacity INTEGER NOT NULL,
                initial INTEGER NOT NULL,
                reserved INTEGER NOT NULL,
                expires INTEGER NOT NULL,           -- this and the rest are seconds; 0 is off
                overtime INTEGER NOT NULL,
                deadline INTEGER NOT NULL,
                orphaned INTEGER NOT NULL,
                overdue INTEGER NOT NULL,
                refresh INTEGER NOT NULL,
                created INTEGER NOT NULL,
                next_session INTEGER NOT NULL,      -- the number that the next session gets
                problem TEXT                        -- why it cannot start
            ) STRICT;
            CREATE INDEX environments_in_use ON environments (position, number) WHERE state <> 'stopped';

            CREATE TABLE users (
                number INTEGER PRIMARY KEY,         -- short, and in order of arrival: keeps other tables' indexes compact
                id TEXT NOT NULL UNIQUE,
                kind TEXT NOT NULL CHECK (kind IN ('anonymous', 'registered', 'staff', 'robot')),
                joined INTEGER NOT NULL
            ) STRICT;
            CREATE INDEX users_anonymous ON users (joined) WHERE kind = 'anonymous';

            CREATE TABLE sessions (
                number INTEGER PRIMARY KEY,         -- in order of insertion
                name TEXT NOT NULL UNIQUE,
                environment TEXT NOT NULL REFERENCES environments (name),
                number_in_environment INTEGER NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('starting', 'waiting', 'running', 'stopping', 'stopped')),
                is_ready INTEGER NOT NULL CHECK (is_ready IN (0, 1)),
                owner INTEGER REFERENCES users (number),    -- null while reserved
                created INTEGER NOT NULL,
                started INTEGER,
                expires INTEGER,
                stopped INTEGER,
                end_reason TEXT,
                last_seen INTEGER,
                activation BLOB CHECK (length(activation) = 32),
                index_url TEXT,
                client_secret BLOB NOT NULL CHECK (length(client_secret) = 32),
                parameters TEXT NOT NULL            -- a JSON object of texts
            ) STRICT;
            -- In use, reserved (owner is null) and those of one environment.
            CREATE INDEX sessions_of_environment ON sessions (environment, state, owner, created);
            CREATE INDEX sessions_of_owner ON sessions (owner, state) WHERE owner IS NOT NULL;
            CREATE INDEX sessions_by_age ON sessions (state, created);
            CREATE INDEX sessions_by_name ON sessions (state, name);
            CREATE INDEX sessions_reserved ON sessions (created)
                WHERE owner IS NULL AND state IN ('starting', 'waiting');
            CREATE INDEX sessions_expiring ON sessions (expires)
                WHERE expires IS NOT NULL AND state IN ('starting', 'waiting', 'running');
            CREATE INDEX sessions_unseen ON sessions (environment, coalesce(last_seen, started, created))
                WHERE state = 'running';
            CREATE INDEX sessions_ended ON sessions (coalesce(stopped, created)) WHERE state = 'stopped';

            CREATE TABLE logins (
                digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
                user INTEGER REFERENCES users (number) ON DELETE CASCADE,
                has_shown_access_code INTEGER NOT NULL CHECK (has_shown_access_code IN (0, 1)),
                created INTEGER NOT NULL,
                expires INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX logins_of_user ON logins (user) WHERE user IS NOT NULL;
            CREATE INDEX logins_expiring ON logins (expires);

            -- Codes and tokens end by themselves, so they name session and user without a foreign key.
            CREATE TABLE codes (
                digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
                session TEXT NOT NULL,
                user TEXT NOT NULL,
                redirect_uri TEXT NOT NULL,
                challenge TEXT,                     -- PKCE S256
                expires INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX codes_expiring ON codes (expires);

            CREATE TABLE tokens (
                digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
                session TEXT NOT NULL,
                user TEXT NOT NULL,
                expires INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX tokens_expiring ON tokens (expires);
            """)
}
