#include "FaultyFiles.h"

#include <pthread.h>
#include <sqlite3.h>
#include <string.h>

// A file of the default layer, behind one whose reads can fail: https://www.sqlite.org/vfs.html
struct faulty_file {
    sqlite3_file base;
    char name[512];
    sqlite3_file *real;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char folder[512];
static int64_t reads, first_fault, fault_count;
static int fault_status;
static sqlite3_vfs *real_layer;

static sqlite3_file *real(sqlite3_file *file) { return ((struct faulty_file *)file)->real; }

static int fault(sqlite3_file *file) {
    const struct faulty_file *faulty = (struct faulty_file *)file;
    int status = SQLITE_OK;
    pthread_mutex_lock(&lock);
    if (folder[0] && strncmp(faulty->name, folder, strlen(folder)) == 0) {
        reads += 1;
        if (reads >= first_fault && reads - first_fault < fault_count) status = fault_status;
    }
    pthread_mutex_unlock(&lock);
    return status;
}

static int file_close(sqlite3_file *file) { return real(file)->pMethods->xClose(real(file)); }
static int file_read(sqlite3_file *file, void *buffer, int count, sqlite3_int64 offset) {
    int status = fault(file);
    if (status != SQLITE_OK) return status;
    return real(file)->pMethods->xRead(real(file), buffer, count, offset);
}
static int file_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    return real(file)->pMethods->xWrite(real(file), bytes, count, offset);
}
static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
    return real(file)->pMethods->xTruncate(real(file), size);
}
static int file_sync(sqlite3_file *file, int flags) {
    return real(file)->pMethods->xSync(real(file), flags);
}
static int file_size(sqlite3_file *file, sqlite3_int64 *size) {
    return real(file)->pMethods->xFileSize(real(file), size);
}
static int file_lock(sqlite3_file *file, int level) {
    return real(file)->pMethods->xLock(real(file), level);
}
static int file_unlock(sqlite3_file *file, int level) {
    return real(file)->pMethods->xUnlock(real(file), level);
}
static int file_check_reserved(sqlite3_file *file, int *is_reserved) {
    return real(file)->pMethods->xCheckReservedLock(real(file), is_reserved);
}
static int file_control(sqlite3_file *file, int operation, void *argument) {
    return real(file)->pMethods->xFileControl(real(file), operation, argument);
}
static int file_sector_size(sqlite3_file *file) {
    return real(file)->pMethods->xSectorSize(real(file));
}
static int file_characteristics(sqlite3_file *file) {
    return real(file)->pMethods->xDeviceCharacteristics(real(file));
}
static int file_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **at) {
    return real(file)->pMethods->xShmMap(real(file), page, size, extend, at);
}
static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
static void file_shm_barrier(sqlite3_file *file) {
    real(file)->pMethods->xShmBarrier(real(file));
}
static int file_shm_unmap(sqlite3_file *file, int deletes) {
    return real(file)->pMethods->xShmUnmap(real(file), deletes);
}

// Version 2 has no xFetch, so that nothing is read past xRead.
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static int layer_open(sqlite3_vfs *layer, const char *name, sqlite3_file *file, int flags,
                      int *out_flags) {
    (void)layer;
    struct faulty_file *faulty = (struct faulty_file *)file;
    memset(faulty, 0, sizeof *faulty);
    faulty->real = (sqlite3_file *)(faulty + 1);
    if (name) strncpy(faulty->name, name, sizeof faulty->name - 1);
    int status = real_layer->xOpen(real_layer, name, faulty->real, flags, out_flags);
    // SQLite closes a file that has methods, even one that could not be opened.
    faulty->base.pMethods = faulty->real->pMethods ? &methods : NULL;
    return status;
}

void faulty_files_install(void) {
    static sqlite3_vfs layer;
    pthread_mutex_lock(&lock);
    if (!real_layer) {
        real_layer = sqlite3_vfs_find(NULL);
        // Everything but opening files is the default layer's, which looks at its own pAppData.
        layer = *real_layer;
        layer.zName = "faulty";
        layer.pNext = NULL;
        layer.szOsFile = (int)sizeof(struct faulty_file) + real_layer->szOsFile;
        layer.xOpen = layer_open;
        sqlite3_vfs_register(&layer, 1);
    }
    pthread_mutex_unlock(&lock);
}

void faulty_files_arm(const char *name, int64_t first, int64_t count, int status) {
    pthread_mutex_lock(&lock);
    memset(folder, 0, sizeof folder);
    strncpy(folder, name, sizeof folder - 1);
    reads = 0;
    first_fault = first;
    fault_count = count;
    fault_status = status;
    pthread_mutex_unlock(&lock);
}

int64_t faulty_files_disarm(void) {
    pthread_mutex_lock(&lock);
    folder[0] = 0;
    int64_t count = reads;
    pthread_mutex_unlock(&lock);
    return count;
}
