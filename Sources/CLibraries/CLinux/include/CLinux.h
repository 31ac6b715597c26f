#pragma once
// Linux calls that Swift cannot import: variadic ones, and what must happen between fork and exec.
#include <stdint.h>
#include <sys/types.h>

#include "CLinuxRelay.h"
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
/// The next connection that waits in a listening socket, not blocking, closed on exec. `peer` gets its address, of at most
/// `*size` bytes; `*size` its length. -1 and errno on failure.
int lectern_accept(int listening, void *peer, unsigned *size);
/// A descriptor to wake an epoll loop with: eventfd(2), not blocking, closed on exec. -1 and errno on failure.
int lectern_eventfd(void);
/// A descriptor that becomes readable once, after so many milliseconds (at least 1): timerfd_create(2), not blocking,
/// closed on exec. -1 and errno on failure.
int lectern_timer(int64_t milliseconds);
/// A file without a name that lives in memory, closed on exec: memfd_create(2). -1 and errno on failure.
int lectern_memory_file(const char *label);

/// One resource limit of a child, both soft and hard.
typedef struct {
    int resource;
    uint64_t value;
} lectern_limit;

/// Everything about a child that must be settled between fork and exec.
typedef struct {
    const char *program;
    char *const *arguments;
    char *const *environment;
    /// Where the child, in a mount namespace of its own, sees stage_sources[i] as "<stage>/<i>": an existing folder that
    /// is covered for it. NULL: nothing is staged. Needs CAP_SYS_ADMIN.
    const char *stage;
    const char *const *stage_sources;
    int stage_count;
    /// Descriptor i of the child is a copy of descriptors[i]; every other one is closed.
    const int *descriptors;
    int descriptor_count;
    /// Open `cgroup.procs` or `tasks` files that the child enters before it gives up its privileges.
    const int *control_groups;
    int control_group_count;
    const lectern_limit *limits;
    int limit_count;
    /// 1 gives up all groups and becomes user and group.
    int changes_user;
    uid_t user;
    gid_t group;
    /// 0...1000; the kernel's killer takes the higher first. Negative: leave.
    int out_of_memory_score;
    /// 1 gives it a process group of its own in the caller's session, 0 a session of its own.
    int stays_in_session;
    /// Where it begins; NULL: where the caller is.
    const char *folder;
} lectern_child;

/// Which step of starting a child failed.
enum lectern_spawn_step {
    LECTERN_SPAWN_FORK = 1,
    LECTERN_SPAWN_CONTROL_GROUP,
    LECTERN_SPAWN_STAGE,
    LECTERN_SPAWN_DESCRIPTORS,
    LECTERN_SPAWN_LIMITS,
    LECTERN_SPAWN_USER,
    LECTERN_SPAWN_FOLDER,
    LECTERN_SPAWN_EXEC,
};

/// Starts a program out of reach of the terminal's signals, with default signal handling. Returns its pid, or -1 with errno
/// and the step that failed.
pid_t lectern_spawn(const lectern_child *child, int *step);

/// Reaps one child through its pidfd without waiting. 1 reaped, 0 still runs, -1 errno (ECHILD: not ours).
int lectern_reap(int pidfd);
/// Waits for the process to end and returns its exit status, 128 and the signal's number where a signal ended it, or -1.
int lectern_exit_status(int pidfd);

/// RLIMIT_NPROC, which Swift does not see.
int lectern_process_limit(void);
/// Sets the process limit (soft and hard) of another process. -1 and errno on failure.
int lectern_set_process_limit(pid_t pid, uint64_t count);

/// Lowers the calling thread's priority: what it does may wait.
void lectern_let_others_go_first(void);

/// Watches a descriptor with epoll until it is readable once; then it must be armed again.
int lectern_queue_arm(int queue, int descriptor, uint64_t token);
/// Fills up to `capacity` tokens; 0 on timeout (milliseconds, -1 never), -1 and errno.
int lectern_queue_wait(int queue, uint64_t *tokens, int capacity, int timeout);

/// A pipe whose ends close on exec: the reading end first. -1 and errno on failure.
int lectern_pipe(int ends[2]);
/// Copies up to `count` bytes inside the kernel, sharing them where the file system can. 0 at the end, -1 and errno.
ssize_t lectern_copy(int source, int target, size_t count);
/// The flag for descriptors that only stand for a place in the file system.
int lectern_open_path_flag(void);

/// openat with what Swift's overlay does not offer: never follows a link in the last part, always closes on exec.
int lectern_open_at(int folder, const char *name, int flags, unsigned mode);
/// Hard-links what an open O_PATH descriptor stands for.
int lectern_link_descriptor(int descriptor, int folder, const char *name);
