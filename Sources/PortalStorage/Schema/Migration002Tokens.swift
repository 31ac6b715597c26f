extension Migration {
    /// Tokens for clients that are not sessions, and what refreshes them. Tokens of sessions are taken over.
    static let tokens = Migration(
        version: 2,
        sql: """
            -- Tokens end by themselves, so they name session and user without a foreign key.
            CREATE TABLE access_tokens (
                digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
                client TEXT NOT NULL,               -- the OAuth2 client: the robot's, or a session's name
                user TEXT NOT NULL,
                session TEXT,                       -- the only one that it reaches; null for no such limit
                scope TEXT NOT NULL,
                family BLOB NOT NULL CHECK (length(family) = 32),
                issued INTEGER NOT NULL,
                expires INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX access_tokens_expiring ON access_tokens (expires);
            CREATE INDEX access_tokens_of_family ON access_tokens (family);
            CREATE INDEX access_tokens_of_user ON access_tokens (user);
            CREATE INDEX access_tokens_of_client ON access_tokens (client) WHERE session IS NULL;

            CREATE TABLE refresh_tokens (
                digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
                client TEXT NOT NULL,
                user TEXT NOT NULL,
                scope TEXT NOT NULL,
                family BLOB NOT NULL CHECK (length(family) = 32),
                issued INTEGER NOT NULL,
                expires INTEGER NOT NULL,
                is_spent INTEGER NOT NULL CHECK (is_spent IN (0, 1))
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX refresh_tokens_expiring ON refresh_tokens (expires);
            CREATE INDEX refresh_tokens_of_family ON refresh_tokens (family);
            CREATE INDEX refresh_tokens_of_user ON refresh_tokens (user);
            CREATE INDEX refresh_tokens_of_client ON refresh_tokens (client);

            -- They were issued for a day.
            INSERT INTO access_tokens
                SELECT digest, session, user, session, 'user:info', digest, expires - 86400000, expires FROM tokens;
            DROP TABLE tokens;
            """)
}
