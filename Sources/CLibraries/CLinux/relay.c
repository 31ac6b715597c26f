#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int lectern_relay_watch(int epoll, int is_new, int descriptor, uint64_t id, int wanted) {
    struct epoll_event event = {.data.u64 = id};
    if (wanted & LECTERN_RELAY_READ) event.events |= EPOLLIN;
    if (wanted & LECTERN_RELAY_ROOM) event.events |= EPOLLOUT;
    return epoll_ctl(epoll, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, &event);
}

int lectern_relay_wait(int epoll, uint64_t *ids, int *ready, int limit, int timeout) {
    struct epoll_event found[64];
    int count = epoll_wait(epoll, found, limit < 64 ? limit : 64, timeout);
    for (int i = 0; i < count; i++) {
        ids[i] = found[i].data.u64;
        ready[i] = ((found[i].events & EPOLLIN) ? LECTERN_RELAY_READ : 0) |
                   ((found[i].events & EPOLLOUT) ? LECTERN_RELAY_ROOM : 0) |
                   ((found[i].events & (EPOLLERR | EPOLLHUP)) ? LECTERN_RELAY_GONE : 0);
    }
    return count;
}

static int failed(int descriptor) {
    int reason = errno;
    close(descriptor);
    errno = reason;
    return -1;
}

int lectern_relay_listen(const char *path, int backlog) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    if (unlink(path) != 0 && errno != ENOENT) return failed(descriptor);
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) != 0) return failed(descriptor);
    if (chmod(path, 0666) != 0 || listen(descriptor, backlog) != 0) return failed(descriptor);
    return descriptor;
}

int lectern_relay_connect(uint16_t port, int is_ipv6, int *in_progress) {
    int descriptor = socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_loopback};
    int result = is_ipv6 ? connect(descriptor, (struct sockaddr *)&six, sizeof six)
                         : connect(descriptor, (struct sockaddr *)&four, sizeof four);
    *in_progress = result != 0 && errno == EINPROGRESS;
    return result == 0 || *in_progress ? descriptor : failed(descriptor);
}

int lectern_relay_error(int descriptor) {
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

long lectern_relay_send(int descriptor, const void *bytes, unsigned long count) {
    return send(descriptor, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int lectern_relay_is_listening(uint16_t port) {
    for (int is_ipv6 = 0; is_ipv6 <= 1; is_ipv6++) {
        int in_progress = 0;
        int descriptor = lectern_relay_connect(port, is_ipv6, &in_progress);
        if (descriptor < 0) continue;
        // Refused at once, or taken at once, unless more wait for the server than it lets wait.
        struct pollfd waiting = {.fd = descriptor, .events = POLLOUT};
        if (in_progress) poll(&waiting, 1, 20);
        int error = lectern_relay_error(descriptor);
        close(descriptor);
        if (error == 0) return 1;
    }
    return 0;
}
