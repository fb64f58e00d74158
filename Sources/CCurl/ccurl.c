#define CURL_DISABLE_TYPECHECK 1
#include "ccurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

#undef curl_easy_setopt
#undef curl_easy_getinfo

/* Every function that is called, looked up by its name. */
#define FUNCTIONS(F) \
    F(curl_global_init) F(curl_easy_init) F(curl_easy_cleanup) F(curl_easy_pause) \
    F(curl_easy_strerror) F(curl_easy_setopt) F(curl_easy_getinfo) F(curl_slist_append) \
    F(curl_slist_free_all) F(curl_multi_init) F(curl_multi_cleanup) F(curl_multi_add_handle) \
    F(curl_multi_remove_handle) F(curl_multi_perform) F(curl_multi_poll) F(curl_multi_wakeup) \
    F(curl_multi_info_read)

static struct {
#define F(name) __typeof__(&name) name;
    FUNCTIONS(F)
#undef F
} curl;

static const char *failure;

static void load(void) {
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        failure = dlerror();
        return;
    }
#define F(name) \
    curl.name = (__typeof__(&name))dlsym(library, #name); \
    if (!curl.name) { failure = "libcurl.so.4 is too old: it has no " #name; return; }
    FUNCTIONS(F)
#undef F
    if (curl.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) failure = "libcurl does not start";
}

const char *ccurl_load(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return failure;
}

CURL *ccurl_easy_init(void) { return curl.curl_easy_init(); }
void ccurl_easy_cleanup(CURL *easy) { curl.curl_easy_cleanup(easy); }
void ccurl_easy_resume(CURL *easy) { curl.curl_easy_pause(easy, CURLPAUSE_CONT); }
const char *ccurl_easy_strerror(CURLcode code) { return curl.curl_easy_strerror(code); }

CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
    return curl.curl_easy_setopt(easy, option, value);
}
CURLcode ccurl_set_offset(CURL *easy, CURLoption option, int64_t value) {
    return curl.curl_easy_setopt(easy, option, (curl_off_t)value);
}
CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl.curl_easy_setopt(easy, option, value);
}
CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl.curl_easy_setopt(easy, option, value);
}
CURLcode ccurl_set_transfer_function(CURL *easy, CURLoption option,
                                     ccurl_transfer_function function) {
    return curl.curl_easy_setopt(easy, option, function);
}
CURLcode ccurl_set_seek_function(CURL *easy, ccurl_seek_function function) {
    return curl.curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, function);
}
CURLcode ccurl_set_progress_function(CURL *easy, ccurl_progress_function function) {
    return curl.curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, function);
}
long ccurl_get_long(CURL *easy, CURLINFO info) {
    long value = 0;
    curl.curl_easy_getinfo(easy, info, &value);
    return value;
}
int64_t ccurl_get_offset(CURL *easy, CURLINFO info) {
    curl_off_t value = 0;
    curl.curl_easy_getinfo(easy, info, &value);
    return value;
}

struct curl_slist *ccurl_slist_append(struct curl_slist *list, const char *line) {
    return curl.curl_slist_append(list, line);
}
void ccurl_slist_free(struct curl_slist *list) { curl.curl_slist_free_all(list); }

CURLM *ccurl_multi_init(void) { return curl.curl_multi_init(); }
void ccurl_multi_cleanup(CURLM *multi) { curl.curl_multi_cleanup(multi); }
CURLMcode ccurl_multi_add(CURLM *multi, CURL *easy) {
    return curl.curl_multi_add_handle(multi, easy);
}
CURLMcode ccurl_multi_remove(CURLM *multi, CURL *easy) {
    return curl.curl_multi_remove_handle(multi, easy);
}
CURLMcode ccurl_multi_perform(CURLM *multi) {
    int running = 0;
    return curl.curl_multi_perform(multi, &running);
}
CURLMcode ccurl_multi_poll(CURLM *multi, int milliseconds) {
    return curl.curl_multi_poll(multi, NULL, 0, milliseconds, NULL);
}
CURLMcode ccurl_multi_wakeup(CURLM *multi) { return curl.curl_multi_wakeup(multi); }
CURL *ccurl_multi_next_ended(CURLM *multi, CURLcode *result) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl.curl_multi_info_read(multi, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        *result = message->data.result;
        return message->easy_handle;
    }
    return NULL;
}
