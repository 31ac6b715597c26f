extension Migration {
    /// One row of the outbox holds all events of a commit for one receiver.
    static let eventBatches = Migration(
        version: 7,
        sql: """
            ALTER TABLE outbox RENAME TO single_events;
            DROP INDEX outbox_of_sessions;

            -- In order of number; removed when the receiver has all of its events.
            CREATE TABLE outbox (
                number INTEGER PRIMARY KEY,         -- of the last event; the others have those before it
                target TEXT NOT NULL,               -- empty: the portal's own webhook
                created INTEGER NOT NULL,           -- of the first event
                events INTEGER NOT NULL,            -- how many, with those that are done with
                delivered BLOB NOT NULL,            -- a bit for each: done with
                body BLOB NOT NULL                  -- a record for each
            ) STRICT;
            -- The webhook's own are read in order of number and need no index.
            CREATE INDEX outbox_of_sessions ON outbox (target, number) WHERE target <> '';

            -- What waits goes on waiting, each event in a batch of its own and with its payload as it was written.
            INSERT INTO outbox SELECT number, target, created, 1, x'00', CAST(
                'p' || char(10) || id || char(10) || created || char(10) || '0' || char(10) || event || char(10)
                || stream || char(10) || length(body) || char(10) || CAST(body AS TEXT) AS BLOB)
                FROM single_events;
            DROP TABLE single_events;
            """)
}
