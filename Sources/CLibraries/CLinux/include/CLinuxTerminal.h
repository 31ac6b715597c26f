#pragma once
// Pseudo-terminals, small threads, and files that must not lead out of their folder.
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Starts a program as leader of a new session whose controlling terminal is a new pseudo-terminal. The program gets no
/// descriptor but the terminal, default signal handling, and begins in `folder` (in `/` when that is not there).
/// `*master` does not block and is closed on exec. -1 and errno on failure, also that of exec itself.
int lectern_spawn_on_terminal(const char *path, char *const argv[], char *const envp[], const char *folder,
                              uint16_t columns, uint16_t rows, int *master, pid_t *pid);
/// -1 and errno on failure.
int lectern_set_terminal_size(int master, uint16_t columns, uint16_t rows);
/// Opens a file below a folder for reading. Neither `..` nor a symbolic link leads out of it. -1 and errno on failure.
int lectern_open_beneath(int folder, const char *path);
/// The same with flags of open(2); closes on exec and never blocks, so that a pipe does not hold up whoever opens it.
int lectern_open_beneath_as(int folder, const char *path, int flags, unsigned mode);
/// Opens what an absolute path means, as above, except by way of what a process has open (/proc/self/fd, /dev/stdin): that
/// may be a secret of this one. -1 and errno on failure; ENOSYS where the kernel cannot promise that.
int lectern_open_anywhere(const char *path, int flags);
/// Whether an open file belongs to the kernel (/proc and the like) and not to a file system that keeps files.
int lectern_is_on_special_file_system(int descriptor);
/// Renames; where the new name is taken it either replaces what is there or fails with EEXIST. -1 and errno on failure.
int lectern_rename(int from_folder, const char *from, int to_folder, const char *to, int replaces);
/// Forbids this process and its children to gain privileges by exec. -1 and errno on failure.
int lectern_set_no_new_privileges(void);
/// Starts a thread with a stack of so many bytes. 0 or an error number.
int lectern_start_thread(const char *name, size_t stack, void (*body)(void *), void *argument, uint64_t *thread);
/// Waits for a thread to end, once, or lets it go.
void lectern_join_thread(uint64_t thread);
void lectern_detach_thread(uint64_t thread);
