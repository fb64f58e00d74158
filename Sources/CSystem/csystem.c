#define _GNU_SOURCE
#include "csystem.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
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

static void restore_terminal(void) {
    if (hidden_terminal >= 0) tcsetattr(hidden_terminal, TCSANOW, &shown_input);
    hidden_terminal = -1;
}

static void ended_while_hidden(int number) {
    restore_terminal();
    signal(number, SIG_DFL);
    raise(number);
}

int csystem_hide_input(int terminal) {
    struct termios hidden;
    if (tcgetattr(terminal, &shown_input) != 0) return -1;
    hidden = shown_input;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    hidden.c_lflag |= ICANON | ISIG;
    hidden.c_cc[VSUSP] = _POSIX_VDISABLE; /* a stopped process could not put the terminal back */
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
