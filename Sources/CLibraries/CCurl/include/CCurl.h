#pragma once
// libcurl, loaded when it is first needed: a session agent that asks only its portal, over a Unix socket, never pays for
// it and for the thirty libraries behind it.
#include <stddef.h>
#include <stdint.h>

struct lectern_curl_request {
    const char *method;
    const char *url;
    const char *unix_socket;     // or NULL
    const char *const *headers;  // "Name: value", ended by NULL
    const void *body;
    size_t body_size;            // bytes; 0: none
    long timeout;                // milliseconds, for the whole exchange
    size_t limit;                // bytes of header fields and of body that are accepted, each
    // Whether a connection may be made to an address (4 or 16 bytes); NULL: to any. Asked after names have been resolved,
    // for the very address that is connected to. No proxy is used then.
    int (*accepts)(const uint8_t *address, int size);
};

struct lectern_curl_response {
    long status;
    char *head;                  // raw lines of the last header section
    size_t head_size;
    char *body;
    size_t body_size;
    int is_too_large;
    int is_refused;              // by `accepts`
    char message[256];           // what went wrong, in libcurl's words
};

enum {
    LECTERN_CURL_OK,
    LECTERN_CURL_CANNOT_CONNECT,
    LECTERN_CURL_TIMED_OUT,
    LECTERN_CURL_TOO_LARGE,
    LECTERN_CURL_NOT_HTTP,
    LECTERN_CURL_REFUSED,
    LECTERN_CURL_OTHER,
};

/// Loads the library once. NULL when it is there, else why not.
const char *lectern_curl_load(void);
/// A handle, which keeps its connections between requests; for one thread at a time. NULL when there is no memory.
void *lectern_curl_open(void);
void lectern_curl_close(void *handle);
/// Blocks until the answer is complete. The response's memory is freed by `lectern_curl_free`, whatever the result.
int lectern_curl_perform(void *handle, const struct lectern_curl_request *request, struct lectern_curl_response *response);
void lectern_curl_free(struct lectern_curl_response *response);
