#ifndef CCURL_SHIM_H
#define CCURL_SHIM_H

// The C library's declarations stay with Swift's Glibc, and are not claimed by this module.
#pragma clang module import SwiftGlibc

#include <curl/curl.h>

// libcurl sets and reads its options through variadic functions, which Swift cannot call: one typed
// function for each type of argument. The parentheses keep curl's type-checking macros out.

static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
    return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value) {
    return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return (curl_easy_setopt)(easy, option, value);
}

// For CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION.
static inline CURLcode ccurl_set_receiver(CURL *easy, CURLoption option, curl_write_callback value) {
    return (curl_easy_setopt)(easy, option, value);
}

// For CURLOPT_READFUNCTION.
static inline CURLcode ccurl_set_reader(CURL *easy, curl_read_callback value) {
    return (curl_easy_setopt)(easy, CURLOPT_READFUNCTION, value);
}

// For CURLOPT_XFERINFOFUNCTION.
static inline CURLcode ccurl_set_progress(CURL *easy, curl_xferinfo_callback value) {
    return (curl_easy_setopt)(easy, CURLOPT_XFERINFOFUNCTION, value);
}

// For CURLOPT_DEBUGFUNCTION.
static inline CURLcode ccurl_set_debug(CURL *easy, curl_debug_callback value) {
    return (curl_easy_setopt)(easy, CURLOPT_DEBUGFUNCTION, value);
}

// The option lost a letter of its name in libcurl 8.2.
static inline CURLcode ccurl_allow_refused_recipients(CURL *easy) {
    return (curl_easy_setopt)(easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
}

static inline CURLcode ccurl_set_open_socket(CURL *easy, curl_opensocket_callback value) {
    return (curl_easy_setopt)(easy, CURLOPT_OPENSOCKETFUNCTION, value);
}

static inline CURLcode ccurl_set_resolver_start(CURL *easy, curl_resolver_start_callback value) {
    return (curl_easy_setopt)(easy, CURLOPT_RESOLVER_START_FUNCTION, value);
}

static inline CURLcode ccurl_set_close_socket(CURL *easy, curl_closesocket_callback value) {
    return (curl_easy_setopt)(easy, CURLOPT_CLOSESOCKETFUNCTION, value);
}

static inline CURLcode ccurl_get_long(CURL *easy, CURLINFO info, long *value) {
    return (curl_easy_getinfo)(easy, info, value);
}

static inline CURLcode ccurl_get_size(CURL *easy, CURLINFO info, curl_off_t *value) {
    return (curl_easy_getinfo)(easy, info, value);
}

static inline CURLcode ccurl_get_pointer(CURL *easy, CURLINFO info, void **value) {
    return (curl_easy_getinfo)(easy, info, value);
}

static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return (curl_multi_setopt)(multi, option, value);
}

static inline CURLMcode ccurl_multi_set_pointer(CURLM *multi, CURLMoption option, void *value) {
    return (curl_multi_setopt)(multi, option, value);
}

static inline CURLMcode ccurl_multi_set_socket_callback(CURLM *multi, curl_socket_callback value) {
    return (curl_multi_setopt)(multi, CURLMOPT_SOCKETFUNCTION, value);
}

static inline CURLMcode ccurl_multi_set_timer_callback(CURLM *multi, curl_multi_timer_callback value) {
    return (curl_multi_setopt)(multi, CURLMOPT_TIMERFUNCTION, value);
}

#endif
