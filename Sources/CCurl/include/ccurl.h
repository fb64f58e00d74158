#ifndef CCURL_H
#define CCURL_H

/* libcurl, opened on first use: linked, it would add its thirty libraries to the start of every
   command. Its types and constants are its own; its functions are called through these. */

#include <curl/curl.h>
#include <stdint.h>

/* Opens libcurl and initialises it, once. NULL when it can be used, else why not. Call it before
   anything below. */
const char *ccurl_load(void);

CURL *ccurl_easy_init(void);
void ccurl_easy_cleanup(CURL *easy);
/* Lets a transfer go on whose read function said CURL_READFUNC_PAUSE. */
void ccurl_easy_resume(CURL *easy);
const char *ccurl_easy_strerror(CURLcode code);

/* curl_easy_setopt and curl_easy_getinfo are variadic, which Swift cannot call: one for each
   type. */
CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value);
CURLcode ccurl_set_offset(CURL *easy, CURLoption option, int64_t value);
CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value);
CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value);
typedef size_t (*ccurl_transfer_function)(char *bytes, size_t size, size_t count, void *context);
CURLcode ccurl_set_transfer_function(CURL *easy, CURLoption option,
                                     ccurl_transfer_function function);
typedef int (*ccurl_seek_function)(void *context, int64_t offset, int origin);
CURLcode ccurl_set_seek_function(CURL *easy, ccurl_seek_function function);
typedef int (*ccurl_progress_function)(void *context, int64_t down_total, int64_t down,
                                       int64_t up_total, int64_t up);
CURLcode ccurl_set_progress_function(CURL *easy, ccurl_progress_function function);
long ccurl_get_long(CURL *easy, CURLINFO info);
int64_t ccurl_get_offset(CURL *easy, CURLINFO info);

struct curl_slist *ccurl_slist_append(struct curl_slist *list, const char *line);
void ccurl_slist_free(struct curl_slist *list);

CURLM *ccurl_multi_init(void);
void ccurl_multi_cleanup(CURLM *multi);
CURLMcode ccurl_multi_add(CURLM *multi, CURL *easy);
CURLMcode ccurl_multi_remove(CURLM *multi, CURL *easy);
CURLMcode ccurl_multi_perform(CURLM *multi);
/* Waits for a socket, a wake-up or so many milliseconds. */
CURLMcode ccurl_multi_poll(CURLM *multi, int milliseconds);
/* May be called from any thread. */
CURLMcode ccurl_multi_wakeup(CURLM *multi);
/* The next transfer that has ended, and how; NULL when there is none. CURLMsg holds a union, which
   Swift cannot read. */
CURL *ccurl_multi_next_ended(CURLM *multi, CURLcode *result);

#endif
