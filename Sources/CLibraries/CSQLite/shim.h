#pragma once
#include <sqlite3.h>

// SQLITE_TRANSIENT is a cast that Swift does not import. An empty Swift buffer may have no address, which SQLite would
// take for NULL.
static inline int lectern_sqlite_bind_text(sqlite3_stmt *statement, int index, const void *bytes, int count) {
    return sqlite3_bind_text(statement, index, bytes ? (const char *)bytes : "", count, SQLITE_TRANSIENT);
}
static inline int lectern_sqlite_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, int count) {
    return sqlite3_bind_blob(statement, index, bytes ? bytes : "", count, SQLITE_TRANSIENT);
}
// sqlite3_config and sqlite3_db_config are variadic.
static inline int lectern_sqlite_defensive(sqlite3 *db) {
    return sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
}
// Memory statistics cost a lock for every allocation, and nobody reads them. Only before the first connection.
static inline int lectern_sqlite_without_statistics(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }
