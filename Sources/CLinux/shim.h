#ifndef CLINUX_SHIM_H
#define CLINUX_SHIM_H

// The C library's declarations stay with Swift's Glibc, and are not claimed by this module.
#pragma clang module import SwiftGlibc

// Parts of Linux that Swift's Glibc module lacks, under names of our own: a declaration of a system
// header belongs to whichever C module happened to include it first, and so to none for certain.

#include <malloc.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// accept4(2) is declared for _GNU_SOURCE alone, which Swift's importer does not define.
int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);

static const int32_t clinux_stream = SOCK_STREAM;
static const int32_t clinux_datagram = SOCK_DGRAM;
static const int32_t clinux_close_on_exec = SOCK_CLOEXEC;
static const int32_t clinux_non_blocking = SOCK_NONBLOCK;

// Takes the next client, its socket non-blocking and closed on exec.
static inline int clinux_accept(int listener, struct sockaddr *address, socklen_t *length) {
    return accept4(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
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
static inline void clinux_keep_heap_small(void) {
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

#endif
