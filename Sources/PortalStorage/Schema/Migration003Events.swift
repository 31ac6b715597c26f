extension Migration {
    /// Events on their way to receivers, and a session's own receiver.
    static let events = Migration(
        version: 3,
        sql: """
            ALTER TABLE sessions ADD COLUMN analytics_url TEXT;

            -- In order of number; removed when the receiver has it.
            CREATE TABLE outbox (
                number INTEGER PRIMARY KEY,
                target TEXT NOT NULL,               -- empty: the portal's own webhook
                id TEXT NOT NULL,                   -- the same for every attempt
                stream TEXT NOT NULL,               -- delivered in order within target and stream
                created INTEGER NOT NULL,
                event TEXT NOT NULL,
                body BLOB NOT NULL                  -- JSON
            ) STRICT;
            -- The webhook's own are read in order of number and need no index.
            CREATE INDEX outbox_of_sessions ON outbox (target, number) WHERE target <> '';
            """)
}
