#pragma once
// Linux calls that Swift cannot import: variadic ones, and what must happen between fork and exec.
#include <stdint.h>
#include <sys/types.h>

#include "CLinuxTerminal.h"

/// Opens a descriptor that becomes readable when the process ends. -1 and errno on failure.
int lectern_pidfd_open(pid_t pid);
/// Sends a signal through a pidfd: never hits a recycled pid. -1 and errno on failure.
int lectern_pidfd_send_signal(int pidfd, int signal);
/// Forbids same-uid processes to trace this one or to read its memory and environment.
int lectern_set_not_dumpable(void);

/// epoll, whose packed structure Swift does not see: descriptors are known by an id of the caller's.
struct lectern_epoll_event {
    uint64_t id;
    int is_readable;  // or has failed, or was hung up: reading tells which
    int has_room;
};
enum { LECTERN_EPOLL_ADD, LECTERN_EPOLL_CHANGE };
/// A new epoll descriptor, closed on exec. -1 and errno on failure.
int lectern_epoll_open(void);
/// Watches a descriptor for what arrives and, if asked, for room to send. -1 and errno on failure.
int lectern_epoll_watch(int epoll, int operation, int descriptor, uint64_t id, int for_room);
int lectern_epoll_forget(int epoll, int descriptor);
/// Waits for at most `limit` (64) events, `timeout` milliseconds or for ever when negative. -1 and errno on failure.
int lectern_epoll_wait(int epoll, struct lectern_epoll_event *events, int limit, int timeout);
/// A descriptor to wake an epoll loop with: eventfd(2), not blocking, closed on exec. -1 and errno on failure.
int lectern_eventfd(void);
