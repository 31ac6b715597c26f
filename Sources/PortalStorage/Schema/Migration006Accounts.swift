extension Migration {
    /// What users sign in with who have an account.
    static let accounts = Migration(
        version: 6,
        sql: """
            CREATE TABLE accounts (
                user INTEGER PRIMARY KEY REFERENCES users (number) ON DELETE CASCADE,
                name_key TEXT UNIQUE,               -- what the name is compared by; null for an account without a name
                password TEXT,                      -- $argon2id$…; null where there is none
                display_name TEXT NOT NULL,
                issuer TEXT,                        -- both or neither: the user at a login provider
                subject TEXT,
                changed INTEGER NOT NULL,
                CHECK ((issuer IS NULL) = (subject IS NULL))
            ) STRICT;
            CREATE UNIQUE INDEX accounts_of_provider ON accounts (issuer, subject) WHERE issuer IS NOT NULL;
            CREATE INDEX users_of_staff ON users (id) WHERE kind = 'staff';
            """)
}
