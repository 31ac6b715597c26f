extension Migration {
    /// What programs tell of the users that they request sessions for.
    static let userDetails = Migration(
        version: 5,
        sql: """
            -- Few users have any, so that the table of users stays as narrow as launches need it.
            CREATE TABLE user_details (
                user INTEGER PRIMARY KEY REFERENCES users (number) ON DELETE CASCADE,
                email TEXT NOT NULL,
                first_name TEXT NOT NULL,
                last_name TEXT NOT NULL
            ) STRICT;
            """)
}
