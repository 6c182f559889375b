#ifndef CLINUX_SHIM_H
#define CLINUX_SHIM_H

// The C library's declarations stay with Swift's Glibc, and are not claimed by this module.
#pragma clang module import SwiftGlibc

// Parts of Linux that Swift's Glibc module lacks, under names of our own: a declaration of a system
// header belongs to whichever C module happened to include it first, and so to none for certain.

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

// accept4(2) is declared for _GNU_SOURCE alone, which Swift's importer does not define.
int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);

// The same is true of these: pipe2(2), closefrom(3).
int pipe2(int ends[2], int flags);
void closefrom(int first);

// Declared here, as <sys/wait.h> declares much that Swift's Glibc module has too.
pid_t waitpid(pid_t process, int *status, int options);

// The same of <pthread.h>.
int pthread_attr_init(pthread_attr_t *attributes);
int pthread_attr_destroy(pthread_attr_t *attributes);
int pthread_attr_setdetachstate(pthread_attr_t *attributes, int state);
int pthread_attr_setstacksize(pthread_attr_t *attributes, size_t bytes);
int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
                   void *(*body)(void *), void *restrict argument);

static const int32_t clinux_stream = SOCK_STREAM;
static const int32_t clinux_datagram = SOCK_DGRAM;
static const int32_t clinux_close_on_exec = SOCK_CLOEXEC;
static const int32_t clinux_non_blocking = SOCK_NONBLOCK;

// Takes the next client, its socket non-blocking and closed on exec.
static inline int clinux_accept(int listener, struct sockaddr *address, socklen_t *length) {
    return accept4(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

// The bytes that a TCP connection has received since it was made; 0 if the kernel does not tell.
//
// `tcpi_bytes_received` of struct tcp_info in <linux/tcp.h>, which glibc's <netinet/tcp.h> lacks.
static inline uint64_t clinux_bytes_received(int socket) {
    uint64_t info[17] = {0};
    socklen_t size = sizeof info;
    // IPPROTO_TCP, TCP_INFO
    if (getsockopt(socket, 6, 11, info, &size) != 0 || size < sizeof info) return 0;
    return info[16];
}

// The local TCP port of a socket in host byte order; 0 for a socket that has none.
static inline int clinux_local_port(int socket) {
    struct { uint16_t family, port; uint8_t rest[124]; } address = {0};
    socklen_t size = sizeof address;
    if (getsockname(socket, (struct sockaddr *)&address, &size) != 0) return 0;
    if (address.family != AF_INET && address.family != AF_INET6) return 0;
    return address.port >> 8 | (address.port & 0xff) << 8;
}

// epoll(7), with one 64-bit number a descriptor.

struct clinux_event {
    uint64_t id;
    uint32_t events;
};

static const uint32_t clinux_epoll_in = EPOLLIN;
static const uint32_t clinux_epoll_out = EPOLLOUT;
static const uint32_t clinux_epoll_error = EPOLLERR;
static const uint32_t clinux_epoll_hang_up = EPOLLHUP;
static const uint32_t clinux_epoll_peer_finished = EPOLLRDHUP;
static const uint32_t clinux_epoll_edge = EPOLLET;

static const int32_t clinux_epoll_add = EPOLL_CTL_ADD;
static const int32_t clinux_epoll_change = EPOLL_CTL_MOD;
static const int32_t clinux_epoll_remove = EPOLL_CTL_DEL;

static inline int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static inline int clinux_epoll_control(int set, int operation, int descriptor, uint32_t events,
                                       uint64_t id) {
    struct epoll_event event = {.events = events, .data = {.u64 = id}};
    return epoll_ctl(set, operation, descriptor, &event);
}

// What is ready now, at most `count` and 128; -1 with errno.
static inline int clinux_epoll_ready(int set, struct clinux_event *events, int count) {
    struct epoll_event ready[128];
    int found = epoll_wait(set, ready, count < 128 ? count : 128, 0);
    for (int index = 0; index < found; index++) {
        events[index].id = ready[index].data.u64;
        events[index].events = ready[index].events;
    }
    return found;
}

// One heap for all threads, and large blocks on their own, so that what is freed goes back to the
// system: https://www.gnu.org/software/libc/manual/html_node/Malloc-Tunable-Parameters.html
//
// No fast bins: what is kept in them is merged by one thread at some later free() or malloc_trim(), while
// all others wait for the heap; after a configuration of 100,000 tokens for 54 ms.
static inline void clinux_keep_heap_small(void) {
    mallopt(M_MXFAST, 0);
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 64 * 1024);
    mallopt(M_TRIM_THRESHOLD, 256 * 1024);
}

// The process's environment, as environ(7) has it; Swift takes the variable itself for shared state.
extern char **environ;
static inline char *clinux_environment_entry(int index) { return environ ? environ[index] : 0; }

// Gives back every page of the heap that nothing is on.
static inline void clinux_trim_heap(void) { malloc_trim(0); }

// An anonymous file in memory; glibc declares memfd_create only under _GNU_SOURCE.
static inline int clinux_memory_file(const char *name) {
    return (int)syscall(SYS_memfd_create, name, 1U /* MFD_CLOEXEC */);
}

// The same, for content that is sealed once it is written.
static inline int clinux_sealable_memory_file(const char *name) {
    return (int)syscall(SYS_memfd_create, name, 3U /* MFD_CLOEXEC | MFD_ALLOW_SEALING */);
}

// Nobody changes the file from here on; 0, or -1 with errno.
static inline int clinux_seal(int file) {
    return fcntl(file, 1033 /* F_ADD_SEALS */, 15 /* SEAL, SHRINK, GROW and WRITE */);
}

// Passes a descriptor over a Unix socket, with an empty message; 0, or -1 with errno.
static inline int clinux_send_descriptor(int socket, int descriptor) {
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    struct msghdr message = {.msg_control = &control, .msg_controllen = sizeof control};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(head), &descriptor, sizeof descriptor);
    return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

// Both ends are closed on exec.
static inline int clinux_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

static inline int clinux_event_descriptor(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// A descriptor that is readable when the process has ended; -1 with errno.
static inline int clinux_process_descriptor(pid_t process) {
    return (int)syscall(SYS_pidfd_open, process, 0U);
}

// What the child does between vfork(2) and execve(2); the error, where it comes back.
//
// `report` is moved to 3 until the program runs; some libraries open descriptors that are not closed
// on exec, so all behind it are closed here.
static inline int clinux_become(char *const arguments[], char *const environment[], int input,
                                int output, int *report) {
    setsid();
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) return errno;
    if (dup2(*report, 3) < 0 || fcntl(3, F_SETFD, FD_CLOEXEC) < 0) return errno;
    *report = 3;
    closefrom(4);
    if (chdir("/") < 0) return errno;
    // Ours is raised. Programs that use select(2), or close every descriptor there may be, need the
    // usual one: https://0pointer.net/blog/file-descriptor-limits.html
    uint64_t files[2];
    if (syscall(SYS_prlimit64, 0, 7 /* RLIMIT_NOFILE */, NULL, files) == 0 && files[0] > 1024) {
        files[0] = 1024;
        syscall(SYS_prlimit64, 0, 7 /* RLIMIT_NOFILE */, files, NULL);
    }
    struct sigaction usual;
    memset(&usual, 0, sizeof usual);
    usual.sa_handler = SIG_DFL;
    // glibc keeps two signals to itself, and refuses these.
    for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &usual, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(arguments[0], arguments, environment);
    return errno;
}

// Starts a program that has nothing of ours but these two descriptors: a session of its own, in `/`,
// with every signal as it is by default. 0, or the error. Not posix_spawn(3), which sets no limits.
__attribute__((noinline)) static int clinux_spawn(pid_t *process, char *const arguments[],
                                                  char *const environment[], int input,
                                                  int output) {
    // The child has our memory until it is the program: no handler of ours may run in it.
    sigset_t all, before;
    sigfillset(&all);
    // The error comes by a pipe: some tools make a fork(2) of vfork(2), and then memory is not shared.
    int ends[2];
    if (clinux_pipe(ends) != 0) return errno;
    int failure = sigprocmask(SIG_SETMASK, &all, &before) == 0 ? 0 : errno;
    pid_t child = failure == 0 ? vfork() : -1;
    if (child == 0) {
        int report = ends[1];
        int error = clinux_become(arguments, environment, input, output, &report);
        _exit(write(report, &error, sizeof error) == sizeof error ? 127 : 126);
    }
    if (child < 0 && failure == 0) failure = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (child > 0) {
        int error = 0;
        ssize_t count;
        do { count = read(ends[0], &error, sizeof error); } while (count < 0 && errno == EINTR);
        if (count == sizeof error) failure = error;
    }
    close(ends[0]);
    if (child > 0 && failure != 0) {
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
    }
    *process = child;
    return failure;
}

// socket(2) with each argument as a whole register: a compiler may leave the upper half of an int
// undefined, which the kernel ignores, but not the filter of a systemd unit with RestrictAddressFamilies.
static inline int clinux_socket(int32_t family, int32_t type, int32_t protocol) {
    return (int)syscall(SYS_socket, (long)family, (long)type, (long)protocol);
}

// Starts a thread that nobody waits for; 0, or the error.
static inline int clinux_start_thread(size_t stack_bytes, void *(*body)(void *), void *argument) {
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error != 0) return error;
    pthread_t thread;
    pthread_attr_setstacksize(&attributes, stack_bytes);
    pthread_attr_setdetachstate(&attributes, 1 /* PTHREAD_CREATE_DETACHED */);
    error = pthread_create(&thread, &attributes, body, argument);
    pthread_attr_destroy(&attributes);
    return error;
}

// A clock's reading in microseconds: Swift attributes the members of struct timespec to a module that
// depends on the order of the sources, and may not be imported.
static inline int64_t clinux_microseconds(clockid_t clock) {
    struct timespec time = {0, 0};
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

// When a file was modified and when it was changed.
struct clinux_times {
    int64_t modified_seconds;
    int64_t modified_nanoseconds;
    int64_t changed_seconds;
    int64_t changed_nanoseconds;
};

static inline struct clinux_times clinux_file_times(const struct stat *status) {
    return (struct clinux_times){
        .modified_seconds = status->st_mtim.tv_sec,
        .modified_nanoseconds = status->st_mtim.tv_nsec,
        .changed_seconds = status->st_ctim.tv_sec,
        .changed_nanoseconds = status->st_ctim.tv_nsec,
    };
}

// No core dump, and no reading of our memory by other processes of the same user (prctl(2)).
static inline void clinux_forbid_dumps(void) {
    const uint64_t none[2] = {0, 0};
    syscall(SYS_prlimit64, 0, 4 /* RLIMIT_CORE */, none, NULL);
    syscall(SYS_prctl, 4 /* PR_SET_DUMPABLE */, 0UL, 0UL, 0UL, 0UL);
}

// Whether the kernel holds the wall clock synchronised, as adjtimex(2) has it; -1 with errno where it
// may not be asked. `seconds` is the time that the kernel keeps.
static inline int clinux_clock_is_synchronised(int64_t *seconds) {
    struct timex clock;
    memset(&clock, 0, sizeof clock);
    int state = adjtimex(&clock);
    if (state < 0) return -1;
    *seconds = clock.time.tv_sec;
    return state != TIME_ERROR && (clock.status & STA_UNSYNC) == 0;
}

// A timer that never runs out, and can be read when the wall clock was set or the machine suspended.
static inline int clinux_rearm_clock(int timer) {
    // The year 2242: as nanoseconds, with room for a sum, it fits 64 bits.
    struct itimerspec never = {.it_value = {.tv_sec = INT64_C(1) << 33}};
    return timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

static inline int clinux_watch_clock(void) {
    int timer = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (timer >= 0 && clinux_rearm_clock(timer) != 0) {
        close(timer);
        return -1;
    }
    return timer;
}

#endif
