#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// A user who may not enter the folders on the way to a source can still use it from the stage.
static int set_stage(const lectern_child *child) {
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return -1;
    if (mount("lectern", child->stage, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=64k") != 0) return -1;
    for (int i = 0; i < child->stage_count; i++) {
        char place[256];
        struct stat status;
        if (snprintf(place, sizeof place, "%s/%d", child->stage, i) >= (int)sizeof place) return -1;
        if (stat(child->stage_sources[i], &status) != 0) return -1;
        if (S_ISDIR(status.st_mode) ? mkdir(place, 0755) != 0 : mknod(place, S_IFREG | 0644, 0) != 0) return -1;
        if (mount(child->stage_sources[i], place, NULL, MS_BIND | MS_REC, NULL) != 0) return -1;
    }
    return 0;
}

// The child shares the parent's memory until exec (vfork), so it makes system calls only: the library's setuid would
// reach for the parent's other threads, and a signal handler would run on the parent's data.
static void run_child(const lectern_child *child, int *step) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) sigaction(number, &standard, NULL);

    *step = LECTERN_SPAWN_CONTROL_GROUP;
    for (int i = 0; i < child->control_group_count; i++)
        if (write(child->control_groups[i], "0", 1) != 1) return;
    if (child->out_of_memory_score >= 0) {
        int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
        if (score >= 0) {
            char text[5] = {0};
            int value = child->out_of_memory_score, length = 0;
            for (int unit = 1000; unit > 0; unit /= 10)
                if (value >= unit || unit == 1 || length > 0) text[length++] = (char)('0' + value / unit % 10);
            // A lower score than the wished one is no reason not to start.
            ssize_t ignored = write(score, text, (size_t)length);
            (void)ignored;
            close(score);
        }
    }

    *step = LECTERN_SPAWN_STAGE;
    if (child->stage != NULL && set_stage(child) != 0) return;

    *step = LECTERN_SPAWN_DESCRIPTORS;
    // Moved out of the way first, so that no target overwrites a source that is still to come.
    int moved[64];
    if (child->descriptor_count > 64) {
        errno = EINVAL;
        return;
    }
    for (int i = 0; i < child->descriptor_count; i++)
        if ((moved[i] = fcntl(child->descriptors[i], F_DUPFD_CLOEXEC, 64)) < 0) return;
    for (int i = 0; i < child->descriptor_count; i++)
        if (dup2(moved[i], i) < 0) return;
    if (syscall(SYS_close_range, child->descriptor_count, ~0U, 0) != 0) return;

    *step = LECTERN_SPAWN_LIMITS;
    for (int i = 0; i < child->limit_count; i++) {
        struct rlimit old, limit = {child->limits[i].value, child->limits[i].value};
        if (getrlimit(child->limits[i].resource, &old) != 0) return;
        // A tighter limit of the operator stays.
        if (old.rlim_max != RLIM_INFINITY && old.rlim_max < limit.rlim_max) limit.rlim_cur = limit.rlim_max = old.rlim_max;
        if (setrlimit(child->limits[i].resource, &limit) != 0) return;
    }
    umask(022);
    if (child->stays_in_session)
        setpgid(0, 0);
    else
        setsid();

    *step = LECTERN_SPAWN_USER;
    if (child->changes_user) {
        if (syscall(SYS_setgroups, 0, NULL) != 0) return;
        if (syscall(SYS_setresgid, child->group, child->group, child->group) != 0) return;
        if (syscall(SYS_setresuid, child->user, child->user, child->user) != 0) return;
    }

    *step = LECTERN_SPAWN_FOLDER;
    if (child->folder != NULL && chdir(child->folder) != 0) return;

    *step = LECTERN_SPAWN_EXEC;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(child->program, child->arguments, child->environment);
}

pid_t lectern_spawn(const lectern_child *child, int *step) {
    volatile int failed = 0;
    int where = LECTERN_SPAWN_FORK;
    // Changing the user makes the shared memory undumpable; the parent takes its own setting back.
    int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
    int cancelling;
    sigset_t all, before;
    sigfillset(&all);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelling);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = vfork();
    if (pid == 0) {
        run_child(child, &where);
        failed = errno == 0 ? EINVAL : errno;
        _exit(127);
    }
    int problem = pid < 0 ? errno : failed;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_setcancelstate(cancelling, NULL);
    if (child->changes_user && dumpable == 1) prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    if (pid > 0 && problem != 0) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
        pid = -1;
    }
    if (pid < 0) {
        *step = where;
        errno = problem;
    }
    return pid;
}

int lectern_reap(int pidfd) {
    siginfo_t result;
    memset(&result, 0, sizeof result);
    if (waitid((idtype_t)3 /* P_PIDFD */, (id_t)pidfd, &result, WEXITED | WNOHANG) != 0) return -1;
    return result.si_pid != 0;
}

int lectern_exit_status(int pidfd) {
    siginfo_t result;
    memset(&result, 0, sizeof result);
    if (waitid((idtype_t)3 /* P_PIDFD */, (id_t)pidfd, &result, WEXITED) != 0) return -1;
    return result.si_code == CLD_EXITED ? result.si_status : 128 + result.si_status;
}

int lectern_process_limit(void) { return RLIMIT_NPROC; }
int lectern_set_process_limit(pid_t pid, uint64_t count) {
    struct rlimit limit = {count, count};
    return prlimit(pid, RLIMIT_NPROC, &limit, NULL);
}
