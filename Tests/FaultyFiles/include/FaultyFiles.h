#ifndef FAULTY_FILES_H
#define FAULTY_FILES_H

#include <stdint.h>

// The calls of SQLite that can fail; see https://www.sqlite.org/c3ref/io_methods.html.
enum {
    FAULTY_READ = 1,
    FAULTY_WRITE = 2,
    FAULTY_TRUNCATE = 4,
    FAULTY_SYNC = 8,
    FAULTY_SIZE = 16,
    FAULTY_LOCK = 32,   // of the file and of the log's index
    FAULTY_INDEX = 64,  // mapping the log's index
    FAULTY_OPEN = 128,
    FAULTY_DELETE = 256,
    FAULTY_ALL = 511,
};

struct faulty_plan {
    uint32_t calls;  // those that are counted, and can fail: FAULTY_...
    int64_t first;   // the number of the first call that fails, from 1 on
    int64_t count;   // how many fail, one after the other
    int32_t status;  // SQLite's result code; SQLITE_OK: a read that succeeds with wrong bytes
    int32_t halves;  // not 0: a write that fails has written its first half, and of wrong bytes the
                     // first half is right and the rest random; 0: they are zeroes
};

// Makes SQLite of this process use files through a layer that can fail. Files outside of `folder`
// are untouched, so that other tests may go on at the same time.
void faulty_files_install(void);

// Begins a plan for the files in `folder`, and forgets what was known of them.
void faulty_files_arm(const char *folder, struct faulty_plan plan);

// Ends all faults; returns how many calls were counted since the plan began.
int64_t faulty_files_disarm(void);

// Makes the files what a disk holds after a loss of power: all that was synchronized, and of the rest
// what the seed says, in sectors of 512 bytes. Seed 0 loses all of the rest. A failed synchronization
// loses what it was to write, as Linux does: https://lwn.net/Articles/752063/. No file may be open.
void faulty_files_lose_power(uint64_t seed);

#endif
