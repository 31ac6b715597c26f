#include "CJose.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

// Both libraries' values are opaque here, so that their headers are not needed to build.
static struct {
    void *(*parse)(const char *, size_t, void *);
    void (*free)(void *);
    bool (*verify)(void *, const void *, const void *, const void *, bool);
} jose;

// jansson counts references within the value itself, and only the last one frees it.
struct reference_count {
    int type;
    volatile size_t count;
};

static void release(void *value) {
    struct reference_count *json = value;
    if (json && json->count != (size_t)-1 && __atomic_sub_fetch(&json->count, 1, __ATOMIC_RELEASE) == 0) jose.free(json);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *failure;

static void load(void) {
    // It brings jansson with it; what it depends on is found through its own handle.
    void *library = dlopen("libjose.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        failure = "libjose.so.0 cannot be loaded: install libjose0";
        return;
    }
    *(void **)&jose.parse = dlsym(library, "json_loads");
    *(void **)&jose.free = dlsym(library, "json_delete");
    *(void **)&jose.verify = dlsym(library, "jose_jws_ver");
    if (!jose.parse || !jose.free || !jose.verify) failure = "libjose.so.0 lacks a function";
}

const char *lectern_jose_load(void) {
    pthread_once(&once, load);
    return failure;
}

int lectern_jose_verify(const char *jws, const char *key) {
    if (lectern_jose_load()) return LECTERN_JOSE_UNREADABLE;
    const size_t reject_duplicates = 1;
    void *message = jose.parse(jws, reject_duplicates, NULL);
    void *public_key = jose.parse(key, reject_duplicates, NULL);
    int result = LECTERN_JOSE_UNREADABLE;
    if (message && public_key)
        result = jose.verify(NULL, message, NULL, public_key, false) ? LECTERN_JOSE_GENUINE : LECTERN_JOSE_WRONG;
    release(message);
    release(public_key);
    return result;
}
