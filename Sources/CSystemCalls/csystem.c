#define _GNU_SOURCE
#include "csystem.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

int csystem_set_not_dumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

int csystem_rename_exclusively(const char *path, const char *new_path) {
    return renameat2(AT_FDCWD, path, AT_FDCWD, new_path, RENAME_NOREPLACE);
}

int csystem_open_unnamed(const char *folder, unsigned mode) {
    return open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
}

int csystem_processor_count(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (int)count : 1;
}

int csystem_execute(const char *file, char *const arguments[], char *const environment[]) {
    return execvpe(file, arguments, environment);
}

int csystem_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

static struct flock byte_lock(short type, int64_t offset) {
    struct flock lock = {
        .l_type = type, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1};
    return lock;
}

int csystem_hold_byte(int file, int64_t offset) {
    struct flock lock = byte_lock(F_RDLCK, offset);
    return fcntl(file, F_OFD_SETLK, &lock);
}

int csystem_release_byte(int file, int64_t offset) {
    struct flock lock = byte_lock(F_UNLCK, offset);
    return fcntl(file, F_OFD_SETLK, &lock);
}

int csystem_byte_is_held(int file, int64_t offset) {
    /* What would stand in the way of who wants the byte alone. */
    struct flock lock = byte_lock(F_WRLCK, offset);
    if (fcntl(file, F_OFD_GETLK, &lock) != 0) return -1;
    return lock.l_type != F_UNLCK;
}

const int csystem_o_path = O_PATH;
const int csystem_at_empty_path = AT_EMPTY_PATH;

/* Only async-signal-safe calls from here to csystem_start. */
static void report(int file, int kind, int value) {
    struct csystem_report record = {kind, value};
    ssize_t ignored = write(file, &record, sizeof record);
    (void)ignored;
}

/* What root needs for an application's files, users and ports, and no more. */
static const int kept_capabilities[] = {
    CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_KILL,
    CAP_SETGID, CAP_SETUID, CAP_NET_BIND_SERVICE,
};

static int give_up_capabilities(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0, 0, 0}, {0, 0, 0}};
    for (size_t index = 0; index < sizeof kept_capabilities / sizeof kept_capabilities[0]; index++)
        data[0].permitted |= 1u << kept_capabilities[index];
    struct __user_cap_data_struct now[2];
    if (syscall(SYS_capget, &header, now) != 0) return -1;
    for (int number = 0; number < 64; number++)
        if (number >= 32 || !(data[0].permitted & 1u << number))
            if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0) != 0 && errno != EINVAL) return -1;
    data[0].permitted &= now[0].permitted;
    data[0].effective = data[0].permitted;
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return syscall(SYS_capset, &header, data) == 0 ? 0 : -1;
}

static void run(const struct csystem_program *program) {
    setsid();
    umask(022);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; number++) sigaction(number, &action, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int file = 0; file < 3; file++)
        if (dup2(program->files[file], file) < 0) return;
    /* Files that somebody opened without closing them on exec. */
    if (syscall(SYS_close_range, 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */) != 0)
        for (int file = 3; file < 1024; file++) fcntl(file, F_SETFD, FD_CLOEXEC);
    if (program->folder && chdir(program->folder) != 0) return;
    if (program->namespace_count > 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return;
        if (give_up_capabilities() != 0) return;
    }
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return;
    execve(program->path, program->arguments, program->environment);
    if (errno != ENOEXEC) return;
    /* A script that names no interpreter is sh's, as every shell has it. */
    int count = 0;
    while (program->arguments[count]) count++;
    if (count > 1000) return;
    char *words[count + 2];
    words[0] = "sh";
    words[1] = (char *)program->path;
    for (int index = 1; index <= count; index++) words[index + 1] = program->arguments[index];
    execve("/bin/sh", words, program->environment);
}

static void stay_between(const struct csystem_program *program, pid_t starter) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != starter) _exit(1);
    for (int index = 0; index < program->namespace_count; index++)
        if (setns(program->namespaces[index], 0) != 0) {
            report(program->report, csystem_not_started, errno);
            _exit(1);
        }
    pid_t child = fork();
    if (child == 0) {
        run(program);
        report(program->report, csystem_not_started, errno);
        _exit(127);
    }
    if (child < 0) {
        report(program->report, csystem_not_started, errno);
        _exit(1);
    }
    report(program->report, csystem_started, child);
    /* What the program holds open must not be held open by this process too. */
    if ((program->report > 0 && syscall(SYS_close_range, 0, program->report - 1, 0) != 0)
        || syscall(SYS_close_range, program->report + 1, ~0U, 0) != 0)
        for (int file = 0; file < 1024; file++)
            if (file != program->report) close(file);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    report(program->report, csystem_ended, status);
    _exit(0);
}

int csystem_start(const struct csystem_program *program) {
    pid_t starter = getpid();
    sigset_t all, former;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &former);
    pid_t between = fork();
    if (between == 0) stay_between(program, starter);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &former, NULL);
    errno = error;
    return between;
}

/* Whole names, since the handler may not build any. A slot is free while its first is NULL. */
enum { doomed_count = 8, doomed_name_count = 4 };
static char *_Atomic doomed[doomed_count][doomed_name_count];

static void ended(int number) {
    for (int slot = 0; slot < doomed_count; slot++)
        for (int name = 0; name < doomed_name_count; name++)
            if (doomed[slot][name]) unlink(doomed[slot][name]);
    signal(number, SIG_DFL);
    raise(number);
}

int csystem_unlink_when_ended(const char *path) {
    static const char *const suffixes[doomed_name_count] = {"", "-wal", "-shm", "-journal"};
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    int slot = 0;
    while (slot < doomed_count && doomed[slot][0]) slot++;
    if (slot == doomed_count) return -1;
    for (int name = doomed_name_count - 1; name >= 0; name--) {
        char *text = NULL;
        if (asprintf(&text, "%s%s", path, suffixes[name]) < 0) return -1;
        doomed[slot][name] = text; /* the first name last: it makes the slot count */
    }
    struct sigaction action, former;
    memset(&action, 0, sizeof action);
    action.sa_handler = ended;
    action.sa_flags = SA_NODEFER;
    sigemptyset(&action.sa_mask);
    for (size_t index = 0; index < sizeof signals / sizeof signals[0]; index++) {
        sigaction(signals[index], NULL, &former);
        /* Who started this process with a signal ignored, as nohup does, wants it ignored. */
        if (former.sa_handler == SIG_DFL) sigaction(signals[index], &action, NULL);
    }
    return slot;
}

void csystem_keep(int number) {
    /* The names are not freed: a signal may be reading them. They are few and short. */
    if (number >= 0)
        for (int name = 0; name < doomed_name_count; name++) doomed[number][name] = NULL;
}

static struct termios shown_input;
static volatile sig_atomic_t hidden_terminal = -1;
static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { ending_signal_count = sizeof ending_signals / sizeof ending_signals[0] };
static struct sigaction former_actions[ending_signal_count];

/* What puts a full screen back: written before the modes are. One is built while the other is used. */
enum { farewell_limit = 512 };
static char farewells[2][farewell_limit];
static size_t farewell_counts[2];
static volatile sig_atomic_t farewell_index = 0;

static void restore_terminal(void) {
    if (hidden_terminal < 0) return;
    int index = farewell_index;
    /* In the background, setting the modes would stop the process before it can end. */
    signal(SIGTTOU, SIG_IGN);
    /* A terminal that takes nothing must not keep the process from ending. */
    struct pollfd output = {.fd = hidden_terminal, .events = POLLOUT};
    if (farewell_counts[index] > 0 && poll(&output, 1, 200) != 0) {
        ssize_t ignored = write(hidden_terminal, farewells[index], farewell_counts[index]);
        (void)ignored;
    }
    tcsetattr(hidden_terminal, TCSANOW, &shown_input);
    hidden_terminal = -1;
}

static void ended_while_hidden(int number) {
    restore_terminal();
    signal(number, SIG_DFL);
    raise(number);
}

/* From here on a signal that ends the process puts the terminal back first. */
static void restore_on_signals(int terminal) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = ended_while_hidden;
    action.sa_flags = SA_NODEFER;
    sigemptyset(&action.sa_mask);
    for (int index = 0; index < ending_signal_count; index++) {
        sigaction(ending_signals[index], NULL, &former_actions[index]);
        /* Who started this process with a signal ignored, as nohup does, wants it ignored. */
        if (former_actions[index].sa_handler != SIG_IGN)
            sigaction(ending_signals[index], &action, NULL);
    }
    hidden_terminal = terminal;
}

int csystem_hide_input(int terminal) {
    struct termios hidden;
    if (tcgetattr(terminal, &shown_input) != 0) return -1;
    hidden = shown_input;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    hidden.c_lflag |= ICANON | ISIG;
    hidden.c_cc[VSUSP] = _POSIX_VDISABLE; /* a stopped process could not put the terminal back */
    restore_on_signals(terminal);
    if (tcsetattr(terminal, TCSAFLUSH, &hidden) == 0) return 0;
    int error = errno;
    csystem_show_input();
    errno = error;
    return -1;
}

int csystem_show_input(void) {
    int result = hidden_terminal < 0 ? 0 : tcsetattr(hidden_terminal, TCSAFLUSH, &shown_input);
    hidden_terminal = -1;
    for (int index = 0; index < ending_signal_count; index++)
        sigaction(ending_signals[index], &former_actions[index], NULL);
    return result;
}

void csystem_restore_terminal(void) { restore_terminal(); }

int csystem_guard_terminal(int terminal) {
    if (tcgetattr(terminal, &shown_input) != 0) return -1;
    restore_on_signals(terminal);
    return 0;
}

void csystem_set_farewell(const char *text, size_t count) {
    int next = !farewell_index;
    if (count > farewell_limit) count = farewell_limit;
    memcpy(farewells[next], text, count);
    farewell_counts[next] = count;
    farewell_index = next;
}

int csystem_release_terminal(void) {
    csystem_set_farewell("", 0);
    return csystem_show_input();
}

static volatile sig_atomic_t notified = -1;
static const int told_signals[] = {SIGWINCH, SIGTSTP, SIGCONT};
enum { told_signal_count = sizeof told_signals / sizeof told_signals[0] };
static struct sigaction former_told[told_signal_count];

static void told(int number) {
    int error = errno;
    char letter = number == SIGWINCH ? 'w' : number == SIGTSTP ? 't' : 'c';
    if (notified >= 0) {
        ssize_t ignored = write(notified, &letter, 1);
        (void)ignored;
    }
    errno = error;
}

static void tell(int index) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = told;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(told_signals[index], &action, NULL);
}

void csystem_tell_terminal_signals(int descriptor) {
    notified = descriptor;
    for (int index = 0; index < told_signal_count; index++) {
        sigaction(told_signals[index], NULL, &former_told[index]);
        if (former_told[index].sa_handler != SIG_IGN) tell(index);
    }
}

void csystem_ignore_terminal_signals(void) {
    for (int index = 0; index < told_signal_count; index++)
        sigaction(told_signals[index], &former_told[index], NULL);
    notified = -1;
}

void csystem_stop_process(void) {
    sigset_t only, former;
    signal(SIGTSTP, SIG_DFL);
    sigemptyset(&only);
    sigaddset(&only, SIGTSTP);
    pthread_sigmask(SIG_UNBLOCK, &only, &former);
    kill(0, SIGTSTP); /* with everything else that the shell started as one job */
    pthread_sigmask(SIG_SETMASK, &former, NULL);
    for (int index = 0; index < told_signal_count; index++)
        if (told_signals[index] == SIGTSTP && notified >= 0) tell(index);
}

int csystem_terminal_size(int terminal, int *columns, int *rows) {
    struct winsize size;
    if (ioctl(terminal, TIOCGWINSZ, &size) != 0) return -1;
    *columns = size.ws_col;
    *rows = size.ws_row;
    return 0;
}

int csystem_waiting_bytes(int descriptor) {
    int count = 0;
    return ioctl(descriptor, FIONREAD, &count) != 0 ? -1 : count;
}

/* A stack of its own for the thread that asks, so that its stack overflow is reported too. */
static char crash_stack[16 * 1024] __attribute__((aligned(16)));

static const struct {
    int number;
    const char *name;
} crash_signals[] = {
    {SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGILL, "SIGILL"}, {SIGTRAP, "SIGTRAP"},
    {SIGABRT, "SIGABRT"}, {SIGFPE, "SIGFPE"}, {SIGSYS, "SIGSYS"},
};
enum { crash_signal_count = sizeof crash_signals / sizeof crash_signals[0] };

static void put(const char *text) {
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
}

/* Only async-signal-safe calls from here on. */
static void crashed(int number) {
    const char *name = "a signal";
    for (int index = 0; index < crash_signal_count; index++)
        if (crash_signals[index].number == number) name = crash_signals[index].name;
    restore_terminal();
    put("slipway: crashed (");
    put(name);
    put("). Please report what you did.\n");
    signal(number, SIG_DFL);
    raise(number);
}

int csystem_take_over_crash_signals(void) {
    stack_t stack = {.ss_sp = crash_stack, .ss_size = sizeof crash_stack, .ss_flags = 0};
    if (sigaltstack(&stack, NULL) != 0) return -1;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = crashed;
    action.sa_flags = SA_ONSTACK | SA_NODEFER | SA_RESETHAND;
    sigemptyset(&action.sa_mask);
    for (int index = 0; index < crash_signal_count; index++)
        if (sigaction(crash_signals[index].number, &action, NULL) != 0) return -1;
    return signal(SIGQUIT, SIG_DFL) == SIG_ERR ? -1 : 0;
}
