#pragma once
// Linux calls that Swift cannot import: variadic ones, and what must happen between fork and exec.
#include <stdint.h>
#include <sys/types.h>

/// Opens a descriptor that becomes readable when the process ends. -1 and errno on failure.
int lectern_pidfd_open(pid_t pid);
/// Sends a signal through a pidfd: never hits a recycled pid. -1 and errno on failure.
int lectern_pidfd_send_signal(int pidfd, int signal);
/// Forbids same-uid processes to trace this one or to read its memory and environment.
int lectern_set_not_dumpable(void);
