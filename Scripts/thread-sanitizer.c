// Tells the thread sanitizer what Swift's Mutex does when it has to wait.
//
// Its fast path is compiled into our code, where the sanitizer sees it. The slow path sits in the Swift runtime, which is
// not instrumented, and lets the kernel hand the lock over: without these two functions every contended lock looks like a
// race. They are preloaded by `make tsan`, do what the runtime does, and add the word about it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

// Absent in programs that are not instrumented, such as `swift` itself.
void __tsan_acquire(void *address) __attribute__((weak));
void __tsan_release(void *address) __attribute__((weak));

SWIFT void lectern_lock_slow(uint32_t thread, SELF void *mutex) __asm__(LOCK);
SWIFT void lectern_lock_slow(uint32_t thread, SELF void *mutex) {
    SWIFT void (*next)(uint32_t, SELF void *);
    *(void **)&next = dlsym(RTLD_NEXT, LOCK);
    next(thread, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT void lectern_unlock_slow(SELF void *mutex) __asm__(UNLOCK);
SWIFT void lectern_unlock_slow(SELF void *mutex) {
    SWIFT void (*next)(SELF void *);
    *(void **)&next = dlsym(RTLD_NEXT, UNLOCK);
    if (__tsan_release) __tsan_release(mutex);
    next(mutex);
}
