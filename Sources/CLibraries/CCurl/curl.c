#define _GNU_SOURCE
#include "CCurl.h"
#include <curl/curl.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

// The header's macros would check types against functions that are not linked.
#undef curl_easy_setopt
#undef curl_easy_getinfo

static struct {
    CURLcode (*global_init)(long);
    CURL *(*open)(void);
    void (*close)(CURL *);
    void (*reset)(CURL *);
    CURLcode (*set)(CURL *, CURLoption, ...);
    CURLcode (*get)(CURL *, CURLINFO, ...);
    CURLcode (*perform)(CURL *);
    const char *(*error)(CURLcode);
    struct curl_slist *(*append)(struct curl_slist *, const char *);
    void (*free_list)(struct curl_slist *);
} curl;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *failure;

static void load(void) {
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        failure = "libcurl.so.4 cannot be loaded: install libcurl4";
        return;
    }
    *(void **)&curl.global_init = dlsym(library, "curl_global_init");
    *(void **)&curl.open = dlsym(library, "curl_easy_init");
    *(void **)&curl.close = dlsym(library, "curl_easy_cleanup");
    *(void **)&curl.reset = dlsym(library, "curl_easy_reset");
    *(void **)&curl.set = dlsym(library, "curl_easy_setopt");
    *(void **)&curl.get = dlsym(library, "curl_easy_getinfo");
    *(void **)&curl.perform = dlsym(library, "curl_easy_perform");
    *(void **)&curl.error = dlsym(library, "curl_easy_strerror");
    *(void **)&curl.append = dlsym(library, "curl_slist_append");
    *(void **)&curl.free_list = dlsym(library, "curl_slist_free_all");
    if (!curl.global_init || !curl.open || !curl.close || !curl.reset || !curl.set || !curl.get || !curl.perform ||
        !curl.error || !curl.append || !curl.free_list)
        failure = "libcurl.so.4 lacks a function";
    else if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        failure = "libcurl.so.4 does not start";
}

const char *lectern_curl_load(void) {
    pthread_once(&once, load);
    return failure;
}

void *lectern_curl_open(void) { return curl.open(); }
void lectern_curl_close(void *handle) { curl.close(handle); }

struct exchange {
    const struct lectern_curl_request *request;
    struct lectern_curl_response *response;
};

// A TLS connection that the peer has closed raises SIGPIPE, which would end the program.
static CURLcode perform_without_sigpipe(CURL *handle) {
    sigset_t pipe, before, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    CURLcode result = curl.perform(handle);
    if (!sigismember(&pending, SIGPIPE)) {
        const struct timespec now = {0, 0};
        while (sigtimedwait(&pipe, NULL, &now) > 0) {}
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

static int append(char **bytes, size_t *size, const char *more, size_t count, size_t limit) {
    if (count > limit || *size > limit - count) return 0;
    char *grown = realloc(*bytes, *size + count + 1);
    if (!grown) return 0;
    memcpy(grown + *size, more, count);
    *bytes = grown;
    *size += count;
    return 1;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *user) {
    struct exchange *exchange = user;
    if (append(&exchange->response->body, &exchange->response->body_size, bytes, size * count, exchange->request->limit))
        return size * count;
    exchange->response->is_too_large = 1;
    return 0;
}

static size_t take_head(char *bytes, size_t size, size_t count, void *user) {
    struct exchange *exchange = user;
    // A new section begins after an interim answer such as 100.
    if (size * count >= 5 && memcmp(bytes, "HTTP/", 5) == 0) exchange->response->head_size = 0;
    if (append(&exchange->response->head, &exchange->response->head_size, bytes, size * count, exchange->request->limit))
        return size * count;
    exchange->response->is_too_large = 1;
    return 0;
}

static curl_socket_t open_accepted(void *user, curlsocktype purpose, struct curl_sockaddr *address) {
    struct exchange *exchange = user;
    (void)purpose;
    int is_accepted = 0;
    if (address->family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)&address->addr;
        is_accepted = exchange->request->accepts((const uint8_t *)&four->sin_addr, 4);
    } else if (address->family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address->addr;
        is_accepted = exchange->request->accepts((const uint8_t *)&six->sin6_addr, 16);
    }
    if (!is_accepted) {
        exchange->response->is_refused = 1;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

int lectern_curl_perform(void *handle, const struct lectern_curl_request *request, struct lectern_curl_response *response) {
    memset(response, 0, sizeof *response);
    struct exchange exchange = {request, response};
    struct curl_slist *headers = curl.append(NULL, "Expect:");
    for (const char *const *header = request->headers; *header; header++) {
        struct curl_slist *longer = curl.append(headers, *header);
        if (!longer) {
            curl.free_list(headers);
            return LECTERN_CURL_OTHER;
        }
        headers = longer;
    }
    curl.reset(handle);
    CURLcode result = CURLE_OK;
#define SET(option, value) if (result == CURLE_OK) result = curl.set(handle, option, value)
    SET(CURLOPT_ERRORBUFFER, response->message);
    SET(CURLOPT_URL, request->url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_TIMEOUT_MS, request->timeout);
    SET(CURLOPT_CONNECTTIMEOUT_MS, request->timeout);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, &exchange);
    SET(CURLOPT_HEADERFUNCTION, take_head);
    SET(CURLOPT_HEADERDATA, &exchange);
    if (request->unix_socket) {
        SET(CURLOPT_UNIX_SOCKET_PATH, request->unix_socket);
        SET(CURLOPT_NOPROXY, "*");
    }
    if (request->accepts) {
        SET(CURLOPT_OPENSOCKETFUNCTION, open_accepted);
        SET(CURLOPT_OPENSOCKETDATA, &exchange);
        SET(CURLOPT_PROXY, "");
    }
    if (strcmp(request->method, "HEAD") == 0) {
        SET(CURLOPT_NOBODY, 1L);
    } else if (request->body_size > 0 || strcmp(request->method, "POST") == 0) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
        SET(CURLOPT_POSTFIELDS, request->body_size > 0 ? request->body : "");
        SET(CURLOPT_CUSTOMREQUEST, request->method);
    } else {
        SET(CURLOPT_HTTPGET, 1L);
        SET(CURLOPT_CUSTOMREQUEST, request->method);
    }
    // After the request's kind, which brings a Content-Type of libcurl's own that the caller's must replace.
    SET(CURLOPT_HTTPHEADER, headers);
#undef SET
    if (result == CURLE_OK) result = perform_without_sigpipe(handle);
    if (result == CURLE_OK) result = curl.get(handle, CURLINFO_RESPONSE_CODE, &response->status);
    curl.free_list(headers);
    if (result != CURLE_OK && response->message[0] == 0) {
        strncpy(response->message, curl.error(result), sizeof response->message - 1);
    }
    // The buffer is the caller's and must not be written to by a later request.
    (void)curl.set(handle, CURLOPT_ERRORBUFFER, (char *)NULL);
    if (response->is_too_large) return LECTERN_CURL_TOO_LARGE;
    // Another address of the same name may have been accepted.
    if (result != CURLE_OK && response->is_refused) return LECTERN_CURL_REFUSED;
    switch (result) {
        case CURLE_OK: return LECTERN_CURL_OK;
        case CURLE_COULDNT_CONNECT:
        case CURLE_COULDNT_RESOLVE_HOST: return LECTERN_CURL_CANNOT_CONNECT;
        case CURLE_OPERATION_TIMEDOUT: return LECTERN_CURL_TIMED_OUT;
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_GOT_NOTHING:
        case CURLE_HTTP2:
        case CURLE_RECV_ERROR:
        case CURLE_PARTIAL_FILE: return LECTERN_CURL_NOT_HTTP;
        default: return LECTERN_CURL_OTHER;
    }
}

void lectern_curl_free(struct lectern_curl_response *response) {
    free(response->head);
    free(response->body);
    response->head = NULL;
    response->body = NULL;
}
