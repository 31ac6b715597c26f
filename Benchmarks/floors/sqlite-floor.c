// The floor for durable writes: single-row commits with the store's settings.
// Usage: sqlite-floor FILE SECONDS; prints commits per second.
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    sqlite3 *database;
    if (sqlite3_open(arguments[1], &database) != SQLITE_OK) return 1;
    sqlite3_exec(database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT",
                 NULL, NULL, NULL);
    sqlite3_stmt *insert;
    if (sqlite3_prepare_v2(database, "INSERT INTO rows (text) VALUES ('a row of about the size of a session, with a name and some more')", -1, &insert, NULL)) return 1;
    double begin = now(), end = begin + atof(arguments[2]);
    long commits = 0;
    while (now() < end) {
        if (sqlite3_step(insert) != SQLITE_DONE) return 1;
        sqlite3_reset(insert);
        commits++;
    }
    printf("%.0f\n", (double)commits / (now() - begin));
    return 0;
}
