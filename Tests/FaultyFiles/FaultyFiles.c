#include "FaultyFiles.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A file of the default layer, behind one that can fail: https://www.sqlite.org/vfs.html
struct faulty_file {
    sqlite3_file base;
    char name[512];
    sqlite3_file *real;
};

// What was done to a file and is not on the disk yet.
struct change {
    sqlite3_int64 offset;
    int count;
    unsigned char *bytes;  // NULL: the file was cut at the offset
    struct change *next;
};

// A file as the disk holds it.
struct shadow {
    char name[512];
    unsigned char *bytes;
    sqlite3_int64 size;
    struct change *first, *last;
    struct shadow *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char folder[512];
static struct faulty_plan plan;
static int64_t calls;
static int is_armed;
static struct shadow *shadows;
static sqlite3_vfs *real_layer;

static sqlite3_file *real(sqlite3_file *file) { return ((struct faulty_file *)file)->real; }
static const char *name_of(sqlite3_file *file) { return ((struct faulty_file *)file)->name; }

static int is_watched(const char *name) {
    return is_armed && folder[0] && name && strncmp(name, folder, strlen(folder)) == 0;
}

// The lock is held in all of the next functions.

static int is_next(const char *name, uint32_t call) {
    if (!is_watched(name) || !(plan.calls & call)) return 0;
    calls += 1;
    return calls >= plan.first && calls - plan.first < plan.count;
}

static int fault(const char *name, uint32_t call) {
    return is_next(name, call) ? plan.status : SQLITE_OK;
}

static void forget_changes(struct shadow *shadow) {
    while (shadow->first) {
        struct change *change = shadow->first;
        shadow->first = change->next;
        free(change->bytes);
        free(change);
    }
    shadow->last = NULL;
}

static void forget(const char *name) {
    for (struct shadow **at = &shadows; *at;) {
        struct shadow *shadow = *at;
        if (name && strcmp(shadow->name, name) != 0) {
            at = &shadow->next;
            continue;
        }
        *at = shadow->next;
        forget_changes(shadow);
        free(shadow->bytes);
        free(shadow);
    }
}

static void resize(struct shadow *shadow, sqlite3_int64 size) {
    shadow->bytes = realloc(shadow->bytes, (size_t)size + 1);
    if (size > shadow->size) memset(shadow->bytes + shadow->size, 0, (size_t)(size - shadow->size));
    shadow->size = size;
}

// The shadow of a file; what the file holds before its first change is on the disk.
static struct shadow *shadow_of(sqlite3_file *file) {
    struct shadow *shadow = shadows;
    while (shadow && strcmp(shadow->name, name_of(file)) != 0) shadow = shadow->next;
    if (shadow) return shadow;
    shadow = calloc(1, sizeof *shadow);
    strcpy(shadow->name, name_of(file));
    sqlite3_int64 size = 0;
    real(file)->pMethods->xFileSize(real(file), &size);
    resize(shadow, size);
    if (size) real(file)->pMethods->xRead(real(file), shadow->bytes, (int)size, 0);
    shadow->next = shadows;
    shadows = shadow;
    return shadow;
}

static void note(struct shadow *shadow, const void *bytes, int count, sqlite3_int64 offset) {
    struct change *change = calloc(1, sizeof *change);
    change->offset = offset;
    change->count = count;
    if (bytes) {
        change->bytes = malloc((size_t)count + 1);
        memcpy(change->bytes, bytes, (size_t)count);
    }
    *(shadow->last ? &shadow->last->next : &shadow->first) = change;
    shadow->last = change;
}

static void put(struct shadow *shadow, const struct change *change, int from, int to) {
    sqlite3_int64 end = change->offset + to;
    if (end > shadow->size) resize(shadow, end);
    memcpy(shadow->bytes + change->offset + from, change->bytes + from, (size_t)(to - from));
}

static void apply(struct shadow *shadow, const struct change *change) {
    if (change->bytes) {
        put(shadow, change, 0, change->count);
    } else if (change->offset < shadow->size) {
        resize(shadow, change->offset);
    }
}

// SplitMix64: https://prng.di.unimi.it/splitmix64.c
static uint64_t next(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static void spoil(unsigned char *bytes, int count, int halves) {
    uint64_t seed = (uint64_t)count;
    for (int at = halves ? count / 2 : 0; at < count; at += 1) {
        bytes[at] = halves ? (unsigned char)next(&seed) : 0;
    }
}

static int counted(sqlite3_file *file, uint32_t call) {
    pthread_mutex_lock(&lock);
    int status = fault(name_of(file), call);
    pthread_mutex_unlock(&lock);
    return status;
}

static int file_close(sqlite3_file *file) { return real(file)->pMethods->xClose(real(file)); }
static int file_read(sqlite3_file *file, void *buffer, int count, sqlite3_int64 offset) {
    pthread_mutex_lock(&lock);
    int is_faulty = is_next(name_of(file), FAULTY_READ);
    int status = is_faulty ? plan.status : SQLITE_OK;
    int halves = plan.halves;
    pthread_mutex_unlock(&lock);
    if (status != SQLITE_OK) return status;
    status = real(file)->pMethods->xRead(real(file), buffer, count, offset);
    if (is_faulty) spoil(buffer, count, halves);
    return status;
}
static int file_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    pthread_mutex_lock(&lock);
    int status = fault(name_of(file), FAULTY_WRITE);
    int written = status == SQLITE_OK ? count : plan.halves ? count / 2 : 0;
    if (written && is_watched(name_of(file))) {
        note(shadow_of(file), bytes, written, offset);
    }
    if (written) {
        int result = real(file)->pMethods->xWrite(real(file), bytes, written, offset);
        if (status == SQLITE_OK) status = result;
    }
    pthread_mutex_unlock(&lock);
    return status;
}
static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
    pthread_mutex_lock(&lock);
    int status = fault(name_of(file), FAULTY_TRUNCATE);
    if (status == SQLITE_OK) {
        if (is_watched(name_of(file))) note(shadow_of(file), NULL, 0, size);
        status = real(file)->pMethods->xTruncate(real(file), size);
    }
    pthread_mutex_unlock(&lock);
    return status;
}
static int file_sync(sqlite3_file *file, int flags) {
    pthread_mutex_lock(&lock);
    int status = fault(name_of(file), FAULTY_SYNC);
    int is_shadowed = is_watched(name_of(file));
    if (is_shadowed) {
        struct shadow *shadow = shadow_of(file);
        for (struct change *change = shadow->first; change && status == SQLITE_OK;) {
            apply(shadow, change);
            change = change->next;
        }
        forget_changes(shadow);
    }
    pthread_mutex_unlock(&lock);
    // What the shadow holds counts as on the disk; to wait for the real one would prove nothing.
    if (status != SQLITE_OK || is_shadowed) return status;
    return real(file)->pMethods->xSync(real(file), flags);
}
static int file_size(sqlite3_file *file, sqlite3_int64 *size) {
    int status = counted(file, FAULTY_SIZE);
    if (status != SQLITE_OK) return status;
    return real(file)->pMethods->xFileSize(real(file), size);
}
static int file_lock(sqlite3_file *file, int level) {
    int status = counted(file, FAULTY_LOCK);
    if (status != SQLITE_OK) return status;
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
    int status = counted(file, FAULTY_INDEX);
    if (status != SQLITE_OK) return status;
    return real(file)->pMethods->xShmMap(real(file), page, size, extend, at);
}
static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    // Releasing a lock never fails.
    int status = flags & SQLITE_SHM_LOCK ? counted(file, FAULTY_LOCK) : SQLITE_OK;
    if (status != SQLITE_OK) return status;
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
    int status = counted(file, FAULTY_OPEN);
    if (status != SQLITE_OK) return status;
    status = real_layer->xOpen(real_layer, name, faulty->real, flags, out_flags);
    // SQLite closes a file that has methods, even one that could not be opened.
    faulty->base.pMethods = faulty->real->pMethods ? &methods : NULL;
    return status;
}

static int layer_delete(sqlite3_vfs *layer, const char *name, int synchronizes) {
    (void)layer;
    pthread_mutex_lock(&lock);
    int status = fault(name, FAULTY_DELETE);
    if (status == SQLITE_OK) {
        if (is_watched(name)) forget(name);
        status = real_layer->xDelete(real_layer, name, synchronizes);
    }
    pthread_mutex_unlock(&lock);
    return status;
}

void faulty_files_install(void) {
    static sqlite3_vfs layer;
    pthread_mutex_lock(&lock);
    if (!real_layer) {
        real_layer = sqlite3_vfs_find(NULL);
        // Everything but opening and deleting files is the default layer's, which looks at its own
        // pAppData.
        layer = *real_layer;
        layer.zName = "faulty";
        layer.pNext = NULL;
        layer.szOsFile = (int)sizeof(struct faulty_file) + real_layer->szOsFile;
        layer.xOpen = layer_open;
        layer.xDelete = layer_delete;
        sqlite3_vfs_register(&layer, 1);
    }
    pthread_mutex_unlock(&lock);
}

void faulty_files_arm(const char *name, struct faulty_plan next) {
    pthread_mutex_lock(&lock);
    forget(NULL);
    memset(folder, 0, sizeof folder);
    strncpy(folder, name, sizeof folder - 1);
    plan = next;
    calls = 0;
    is_armed = 1;
    pthread_mutex_unlock(&lock);
}

int64_t faulty_files_disarm(void) {
    pthread_mutex_lock(&lock);
    is_armed = 0;
    int64_t count = calls;
    pthread_mutex_unlock(&lock);
    return count;
}

static void keep_some(struct shadow *shadow, uint64_t *seed) {
    for (struct change *change = shadow->first; change; change = change->next) {
        if (!change->bytes) {
            if (next(seed) % 2) apply(shadow, change);
            continue;
        }
        for (int from = 0; from < change->count;) {
            int left = 512 - (int)((change->offset + from) % 512);
            int to = from + left < change->count ? from + left : change->count;
            if (next(seed) % 2) put(shadow, change, from, to);
            from = to;
        }
    }
}

void faulty_files_lose_power(uint64_t seed) {
    pthread_mutex_lock(&lock);
    for (struct shadow *shadow = shadows; shadow; shadow = shadow->next) {
        if (seed) keep_some(shadow, &seed);
        int file = open(shadow->name, O_WRONLY | O_TRUNC | O_CLOEXEC);
        if (file < 0) continue;
        for (sqlite3_int64 at = 0; at < shadow->size;) {
            ssize_t count = write(file, shadow->bytes + at, (size_t)(shadow->size - at));
            if (count <= 0) abort();
            at += count;
        }
        close(file);
    }
    forget(NULL);
    is_armed = 0;
    pthread_mutex_unlock(&lock);
}
