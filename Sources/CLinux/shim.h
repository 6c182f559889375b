#ifndef CLINUX_SHIM_H
#define CLINUX_SHIM_H

// Glibc's declarations stay Glibc's: whichever module names a header first would own it.
#pragma clang module import SwiftGlibc

// epoll(7) is not in Swift's Glibc module.
#include <sys/epoll.h>

// accept4(2) is declared for _GNU_SOURCE alone, which Swift's importer does not define.
int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);

#endif
