#ifndef CSYSTEM_H
#define CSYSTEM_H

/* What Swift's Glibc module leaves out or its importer cannot see. One line says why for each. */

#include <mntent.h>      /* not in the Glibc module: setmntent, getmntent */
#include <sys/vfs.h>     /* not in the Glibc module: statfs, whose f_type names the file system */
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

#endif
