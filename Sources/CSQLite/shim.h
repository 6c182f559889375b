#ifndef CSQLITE_SHIM_H
#define CSQLITE_SHIM_H

// The C library's declarations stay with Swift's Glibc, and are not claimed by this module.
#pragma clang module import SwiftGlibc

#include <sqlite3.h>

// SQLITE_TRANSIENT is a cast that Swift does not import: SQLite copies the bytes during the call.
// https://www.sqlite.org/c3ref/c_static.html
static inline int csqlite_bind_text(sqlite3_stmt *statement, int index, const char *bytes,
                                    sqlite3_uint64 count) {
    return sqlite3_bind_text64(statement, index, bytes, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline int csqlite_bind_blob(sqlite3_stmt *statement, int index, const void *bytes,
                                    sqlite3_uint64 count) {
    return sqlite3_bind_blob64(statement, index, bytes, count, SQLITE_TRANSIENT);
}

// sqlite3_db_config is variadic, which Swift does not import.
static inline int csqlite_set_no_checkpoint_on_close(sqlite3 *handle, int on) {
    return sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, on, (int *)0);
}

// Reads one file of a database to its end by the methods that SQLite reads it with: file is
// SQLITE_FCNTL_FILE_POINTER or SQLITE_FCNTL_JOURNAL_POINTER. A short read is none of its errors.
static inline int csqlite_read_file(sqlite3 *handle, int file, void *buffer, int capacity) {
    sqlite3_file *found = 0;
    int status = sqlite3_file_control(handle, "main", file, &found);
    if (status != SQLITE_OK) return status;
    if (!found || !found->pMethods) return SQLITE_OK;
    sqlite3_int64 size = 0;
    status = found->pMethods->xFileSize(found, &size);
    for (sqlite3_int64 offset = 0; status == SQLITE_OK && offset < size; offset += capacity) {
        int count = size - offset < capacity ? (int)(size - offset) : capacity;
        status = found->pMethods->xRead(found, buffer, count, offset);
        if (status == SQLITE_IOERR_SHORT_READ) return SQLITE_OK;
    }
    return status;
}

#endif
