#ifndef CSYSTEM_H
#define CSYSTEM_H

/* What Swift's Glibc module leaves out or its importer cannot see. One line says why for each. */

#include <malloc.h>      /* not in the Glibc module: mallopt */
#include <mntent.h>      /* not in the Glibc module: setmntent, getmntent */
#include <sys/vfs.h>     /* not in the Glibc module: statfs, whose f_type names the file system */
#include <stddef.h>
#include <stdint.h>

/* prctl is variadic, which Swift cannot call. Returns 0 or -1. */
int csystem_set_not_dumpable(void);

/* The handlers of the crash signals must be C: a signal may not enter the Swift runtime.
   Replaces whatever handles SEGV, BUS, ILL, TRAP, ABRT, FPE and SYS, Swift's crash reporter
   among them, by a handler that writes one fixed line to standard error and then dies of the
   same signal; and gives QUIT, which Swift's reporter takes too, back to the system.
   Returns 0 or -1. */
int csystem_take_over_crash_signals(void);

/* Stops a terminal from showing what is typed, and shows it again; a signal that kills the process
   in between puts the terminal back first, for which the handler must be C. Returns 0 or -1. */
int csystem_hide_input(int terminal);
int csystem_show_input(void);

/* A program that takes a whole terminal: remembers its modes, and has a signal that ends or crashes
   the process first write the farewell and set the modes back, for which the handlers must be C.
   The farewell is at most 512 bytes and may be set again at any time. One terminal at a time, and not
   while csystem_hide_input holds one. Returns 0 or -1. */
int csystem_guard_terminal(int terminal);
void csystem_set_farewell(const char *text, size_t count);
/* Does what such a signal does first, for who ends the process by other means. Any thread may call it. */
void csystem_restore_terminal(void);
/* Sets the modes back and gives the signals back. Returns 0 or -1. */
int csystem_release_terminal(void);

/* Writes a letter into a descriptor, which must not block, for each signal: w for WINCH, t for TSTP,
   c for CONT. The handlers must be C. */
void csystem_tell_terminal_signals(int descriptor);
void csystem_ignore_terminal_signals(void);

/* Stops the job as Ctrl-Z would have; returns when it goes on. */
void csystem_stop_process(void);

/* ioctl is variadic, which Swift cannot call. Return 0 or -1; the number of bytes or -1. */
int csystem_terminal_size(int terminal, int *columns, int *rows);
int csystem_waiting_bytes(int descriptor);

/* Removes a file, and its -wal, -shm and -journal, when a signal ends the process; until it is told
   to keep it. The handler must be C. Returns a number for csystem_keep, or -1 where nothing more
   can be remembered. */
int csystem_unlink_when_ended(const char *path);
void csystem_keep(int number);

/* renameat2 is a GNU extension that the Glibc module leaves out. Renames where the new name is
   free; -1 with EEXIST where it is not, and with EINVAL or ENOSYS where the file system cannot. */
int csystem_rename_exclusively(const char *path, const char *new_path);

/* O_TMPFILE is a GNU extension that the Glibc module leaves out. Opens a new file without a name in
   a folder, for writing; linkat can give it one. -1 where the file system has no such files. */
int csystem_open_unnamed(const char *folder, unsigned mode);

/* cpu_set_t and its macros are GNU extensions: how many processors this process may run on. */
int csystem_processor_count(void);

/* execvp looks at this process's own environment; execvpe is a GNU extension that the Glibc
   module leaves out. Returns only when it failed, with errno set. */
int csystem_execute(const char *file, char *const arguments[], char *const environment[]);

/* posix_spawn can neither enter namespaces nor give up capabilities, and between fork and exec
   there may be no Swift. Starts a program as the leader of a session of its own, with umask 022,
   no signal blocked or ignored, and no file but the three given.

   A process in between waits for it and reports on `report`, a pipe's end that closes on exec, in
   records of a kind and a value. The program is killed when the thread that started it ends.

   With `namespace_count` over 0, the program enters those namespaces, a user namespace first, and
   keeps of root's capabilities only those that concern files, users and ports.
   Returns the process in between, or -1 with errno set. */
struct csystem_program {
    const char *path;
    char *const *arguments;
    char *const *environment;
    const char *folder;         /* where it starts; NULL: where this process is, or / in namespaces */
    int files[3];
    int report;
    const int *namespaces;
    int namespace_count;
};
enum { csystem_started = 1, csystem_not_started = 2, csystem_ended = 3 };
struct csystem_report {
    int kind;
    int value; /* the process, errno, or what wait says */
};
int csystem_start(const struct csystem_program *program);

/* Locks of an open file are GNU extensions that the Glibc module leaves out, and fcntl is variadic.
   Any number of open files may hold a byte, which the file need not have; it is let go of when the
   last descriptor of the open file is closed, and so when the process ends. Return 0 or -1. */
int csystem_hold_byte(int file, int64_t offset);
int csystem_release_byte(int file, int64_t offset);
/* Whether another open file holds the byte: 1, 0, or -1. */
int csystem_byte_is_held(int file, int64_t offset);

/* GNU extensions that the Glibc module leaves out. The pipe's ends close on exec. */
int csystem_pipe(int ends[2]);
extern const int csystem_o_path;        /* O_PATH: a file that is open for nothing but its place */
extern const int csystem_at_empty_path; /* AT_EMPTY_PATH: the place itself */

#endif
