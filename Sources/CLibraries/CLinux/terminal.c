#define _GNU_SOURCE
#include "CLinuxTerminal.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

// Between fork and exec only calls that are safe in a signal handler (signal-safety(7)): other threads may hold locks.
static void become_shell(const char *path, char *const argv[], char *const envp[], const char *folder, int terminal,
                         int report) {
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (setsid() == -1 || ioctl(terminal, TIOCSCTTY, 0) == -1) goto failed;
    for (int target = 0; target < 3; target++)
        if (dup2(terminal, target) == -1) goto failed;
    // The report pipe moves to 3 and all else is closed; it closes itself on exec.
    if (report != 3) {
        if (dup3(report, 3, O_CLOEXEC) == -1) goto failed;
        report = 3;
    }
    syscall(SYS_close_range, 4u, ~0u, 0u);
    if (chdir(folder) == -1 && chdir("/") == -1) goto failed;
    execve(path, argv, envp);
failed:;
    int reason = errno;
    ssize_t ignored = write(report, &reason, sizeof reason);
    (void)ignored;
    _exit(127);
}

int lectern_spawn_on_terminal(const char *path, char *const argv[], char *const envp[], const char *folder,
                              uint16_t columns, uint16_t rows, int *master, pid_t *pid) {
    struct winsize size = {.ws_col = columns, .ws_row = rows};
    int terminal, report[2];
    if (openpty(master, &terminal, NULL, NULL, &size) == -1) return -1;
    fcntl(*master, F_SETFD, FD_CLOEXEC);
    fcntl(terminal, F_SETFD, FD_CLOEXEC);
    if (pipe2(report, O_CLOEXEC) == -1) {
        int reason = errno;
        close(*master);
        close(terminal);
        errno = reason;
        return -1;
    }
    // All signals wait until the child has default handlers.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t child = fork();
    int reason = child == -1 ? errno : 0;
    if (child == 0) {
        close(*master);
        become_shell(path, argv, envp, folder, terminal, report[1]);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(terminal);
    close(report[1]);
    if (child != -1) {
        ssize_t got;
        do got = read(report[0], &reason, sizeof reason);
        while (got == -1 && errno == EINTR);
        if (got != sizeof reason) reason = 0;
        if (reason != 0)
            while (waitpid(child, NULL, 0) == -1 && errno == EINTR) {}
    }
    close(report[0]);
    if (reason == 0 && fcntl(*master, F_SETFL, O_NONBLOCK) == -1) reason = errno;
    if (reason != 0) {
        close(*master);
        errno = reason;
        return -1;
    }
    *pid = child;
    return 0;
}

int lectern_set_terminal_size(int master, uint16_t columns, uint16_t rows) {
    struct winsize size = {.ws_col = columns, .ws_row = rows};
    return ioctl(master, TIOCSWINSZ, &size);
}

// openat2 refuses flags that a bare place in the file system has no use for.
static int with_usual_flags(int flags) { return flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NONBLOCK | O_NOCTTY); }

// Where openat2 is missing or filtered: one component after the other, following no link at all.
static int open_step_by_step(int folder, const char *path, int flags, mode_t mode) {
    char rest[4096];
    if (strlen(path) >= sizeof rest) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(rest, path);
    int here = -1;
    char *place = NULL;
    char *part = strtok_r(rest, "/", &place);
    while (part != NULL) {
        char *next = strtok_r(NULL, "/", &place);
        if (strcmp(part, "..") == 0) {
            if (here != -1) close(here);
            errno = EXDEV;
            return -1;
        }
        int how = next == NULL ? flags : O_PATH | O_DIRECTORY | O_CLOEXEC;
        int opened = openat(here == -1 ? folder : here, part, how | O_NOFOLLOW, mode);
        int reason = errno;
        if (here != -1) close(here);
        errno = reason;
        if (opened == -1) return -1;
        here = opened;
        part = next;
    }
    if (here == -1) errno = ENOENT;
    return here;
}

int lectern_open_beneath_as(int folder, const char *path, int flags, unsigned mode) {
    flags = with_usual_flags(flags);
    struct open_how how = {
        .flags = (unsigned)flags,
        .mode = flags & O_CREAT ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    int opened = (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
    if (opened == -1 && (errno == ENOSYS || errno == EPERM)) return open_step_by_step(folder, path, flags, mode);
    return opened;
}

int lectern_open_beneath(int folder, const char *path) { return lectern_open_beneath_as(folder, path, O_RDONLY, 0); }

int lectern_open_anywhere(const char *path, int flags) {
    struct open_how how = {
        .flags = (unsigned)with_usual_flags(flags),
        .resolve = RESOLVE_NO_MAGICLINKS,
    };
    return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
}

int lectern_is_on_special_file_system(int descriptor) {
    struct statfs system;
    if (fstatfs(descriptor, &system) == -1) return 1;
    switch ((unsigned long)system.f_type) {
        case PROC_SUPER_MAGIC:
        case SYSFS_MAGIC:
        case DEBUGFS_MAGIC:
        case TRACEFS_MAGIC:
        case SECURITYFS_MAGIC:
        case CGROUP_SUPER_MAGIC:
        case CGROUP2_SUPER_MAGIC:
        case DEVPTS_SUPER_MAGIC:
        case BPF_FS_MAGIC: return 1;
        default: return 0;
    }
}

int lectern_rename(int from_folder, const char *from, int to_folder, const char *to, int replaces) {
    return renameat2(from_folder, from, to_folder, to, replaces ? 0 : RENAME_NOREPLACE);
}

int lectern_set_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

struct thread_body {
    void (*body)(void *);
    void *argument;
};

static void *run_thread(void *box) {
    struct thread_body body = *(struct thread_body *)box;
    free(box);
    body.body(body.argument);
    return NULL;
}

int lectern_start_thread(const char *name, size_t stack, void (*body)(void *), void *argument, uint64_t *thread) {
    struct thread_body *box = malloc(sizeof *box);
    if (box == NULL) return ENOMEM;
    *box = (struct thread_body){body, argument};
    pthread_attr_t attributes;
    pthread_t started;
    int result = pthread_attr_init(&attributes);
    if (result == 0) {
        pthread_attr_setstacksize(&attributes, stack);
        result = pthread_create(&started, &attributes, run_thread, box);
        pthread_attr_destroy(&attributes);
    }
    if (result != 0) {
        free(box);
        return result;
    }
    pthread_setname_np(started, name);
    *thread = (uint64_t)started;
    return 0;
}

void lectern_join_thread(uint64_t thread) { pthread_join((pthread_t)thread, NULL); }
void lectern_detach_thread(uint64_t thread) { pthread_detach((pthread_t)thread); }
