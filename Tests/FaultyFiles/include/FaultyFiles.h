#ifndef FAULTY_FILES_H
#define FAULTY_FILES_H

#include <stdint.h>

// Makes SQLite of this process read files through a layer that can fail. Files outside of `folder`
// are untouched, so that other tests may go on at the same time.
void faulty_files_install(void);

// From now on the read number `first` (from 1 on) of a file in `folder` fails with the result code
// `status`, and so do the `count - 1` reads after it.
void faulty_files_arm(const char *folder, int64_t first, int64_t count, int status);

// Ends all faults; returns how many reads there were since faulty_files_arm.
int64_t faulty_files_disarm(void);

#endif
