#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

int lectern_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
int lectern_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, (void *)0, 0);
}
int lectern_set_not_dumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

// On Linux a thread has a priority of its own.
void lectern_let_others_go_first(void) { setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 10); }

int lectern_epoll_open(void) { return epoll_create1(EPOLL_CLOEXEC); }
int lectern_epoll_watch(int epoll, int operation, int descriptor, uint64_t id, int for_room) {
    struct epoll_event event = {.events = EPOLLIN | (for_room ? EPOLLOUT : 0), .data.u64 = id};
    return epoll_ctl(epoll, operation == LECTERN_EPOLL_ADD ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, &event);
}
int lectern_epoll_forget(int epoll, int descriptor) { return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, (void *)0); }
int lectern_epoll_wait(int epoll, struct lectern_epoll_event *events, int limit, int timeout) {
    struct epoll_event found[64];
    int count = epoll_wait(epoll, found, limit < 64 ? limit : 64, timeout);
    for (int i = 0; i < count; i++) {
        events[i].id = found[i].data.u64;
        events[i].is_readable = (found[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0;
        events[i].has_room = (found[i].events & EPOLLOUT) != 0;
    }
    return count;
}
int lectern_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
int lectern_timer(int64_t milliseconds) {
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (timer == -1) return -1;
    if (milliseconds < 1) milliseconds = 1;
    struct itimerspec when = {.it_value = {milliseconds / 1000, milliseconds % 1000 * 1000000}};
    if (timerfd_settime(timer, 0, &when, NULL) == 0) return timer;
    int reason = errno;
    close(timer);
    errno = reason;
    return -1;
}
int lectern_memory_file(const char *label) { return memfd_create(label, MFD_CLOEXEC); }

int lectern_queue_arm(int queue, int descriptor, uint64_t token) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data = {.u64 = token}};
    if (epoll_ctl(queue, EPOLL_CTL_ADD, descriptor, &event) == 0) return 0;
    return errno == EEXIST ? epoll_ctl(queue, EPOLL_CTL_MOD, descriptor, &event) : -1;
}
int lectern_queue_wait(int queue, uint64_t *tokens, int capacity, int timeout) {
    struct epoll_event events[64];
    int count = epoll_wait(queue, events, capacity < 64 ? capacity : 64, timeout);
    for (int i = 0; i < count; i++) tokens[i] = events[i].data.u64;
    return count;
}

int lectern_accept(int listening, void *peer, unsigned *size) {
    return accept4(listening, peer, size, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int lectern_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }
ssize_t lectern_copy(int source, int target, size_t count) {
    return copy_file_range(source, NULL, target, NULL, count, 0);
}
int lectern_open_path_flag(void) { return O_PATH; }

int lectern_open_at(int folder, const char *name, int flags, unsigned mode) {
    return openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
}
int lectern_link_descriptor(int descriptor, int folder, const char *name) {
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    return linkat(AT_FDCWD, path, folder, name, AT_SYMLINK_FOLLOW);
}
