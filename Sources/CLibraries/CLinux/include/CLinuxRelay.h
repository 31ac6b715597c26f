#pragma once
// Sockets of a relay: readiness that can be asked for in each direction, and connecting without waiting.
#include <stdint.h>

enum { LECTERN_RELAY_READ = 1, LECTERN_RELAY_ROOM = 2, LECTERN_RELAY_GONE = 4 };

/// Watches a descriptor for what `wanted` says (LECTERN_RELAY_READ, LECTERN_RELAY_ROOM, or neither); a failure or the
/// peer's end is told in any case. -1 and errno on failure.
int lectern_relay_watch(int epoll, int is_new, int descriptor, uint64_t id, int wanted);
/// Waits for at most `limit` (64) events, `timeout` milliseconds or for ever when negative: fills ids and what they are
/// ready for. -1 and errno on failure.
int lectern_relay_wait(int epoll, uint64_t *ids, int *ready, int limit, int timeout);
/// A Unix socket that listens at a path, which is made anew, for everybody who can reach it. Does not block, is closed on
/// exec. -1 and errno on failure.
int lectern_relay_listen(const char *path, int backlog);
/// Begins to connect to a port of this machine's loopback address, IPv6 if asked for. Does not block, is closed on exec;
/// `*in_progress` tells whether room has to be waited for. -1 and errno on failure.
int lectern_relay_connect(uint16_t port, int is_ipv6, int *in_progress);
/// Whether something listens on a port of the loopback address, of either family. Takes no longer than 40 ms.
int lectern_relay_is_listening(uint16_t port);
/// The error that a socket has met, 0 if none.
int lectern_relay_error(int descriptor);
/// Sends without a signal and without waiting. -1 and errno on failure.
long lectern_relay_send(int descriptor, const void *bytes, unsigned long count);
