extension Migration {
    /// The log of what staff did.
    static let audit = Migration(
        version: 4,
        sql: """
            -- Names stand here without foreign keys: an entry outlives what it is about.
            CREATE TABLE audit (
                number INTEGER PRIMARY KEY,         -- in order of writing
                moment INTEGER NOT NULL,
                actor TEXT NOT NULL,                -- the user's id
                action TEXT NOT NULL,
                target TEXT NOT NULL,               -- a session, an environment, a user, or empty
                outcome TEXT NOT NULL,
                amount INTEGER NOT NULL             -- seconds or sessions, as the outcome says
            ) STRICT;
            """)
}
