#ifndef CCRYPTO_SHIM_H
#define CCRYPTO_SHIM_H

// The C library's declarations stay with Swift's Glibc, and are not claimed by this module.
#pragma clang module import SwiftGlibc

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#endif
