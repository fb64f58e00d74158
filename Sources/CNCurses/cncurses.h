#ifndef CNCURSES_H
#define CNCURSES_H

/* ncurses with wide characters, and what Swift's importer cannot see of it. One line says why for
   each; there is no logic here. */

#define NCURSES_WIDECHAR 1 /* without it cchar_t and the functions that end in _wch are not declared */
#include <ncursesw/curses.h>
#include <ncursesw/term.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

/* wchar.h declares it only for _XOPEN_SOURCE, which must stand before every other header. */
extern int wcwidth(wchar_t character);

#define CNCURSES_INLINE static inline __attribute__((always_inline, unused))

/* stdin and stdout are C globals, which Swift 6 refuses as shared mutable state. newterm answers
   with NULL where initscr would end the process. */
CNCURSES_INLINE SCREEN *cncurses_newterm(void) { return newterm(NULL, stdout, stdin); }

/* Globals of curses, refused likewise. */
CNCURSES_INLINE WINDOW *cncurses_stdscr(void) { return stdscr; }
CNCURSES_INLINE int cncurses_lines(void) { return LINES; }
CNCURSES_INLINE int cncurses_columns(void) { return COLS; }
CNCURSES_INLINE int cncurses_colors(void) { return COLORS; }

/* Attributes are macros with casts, which the importer skips. */
CNCURSES_INLINE attr_t cncurses_bold(void) { return A_BOLD; }
CNCURSES_INLINE attr_t cncurses_dim(void) { return A_DIM; }
CNCURSES_INLINE attr_t cncurses_reverse(void) { return A_REVERSE; }
CNCURSES_INLINE attr_t cncurses_underline(void) { return A_UNDERLINE; }

/* KEY_F is a function-like macro. */
CNCURSES_INLINE int cncurses_function_key(int number) { return KEY_F(number); }

/* tparm is variadic. */
CNCURSES_INLINE char *cncurses_cursor_address(const char *capability, int row, int column) {
    return tparm(capability, row, column);
}

/* Takes char * where Swift has constants, and changes nothing behind it. */
CNCURSES_INLINE char *cncurses_capability(const char *name) { return tigetstr((char *)name); }

/* setcchar reads a NUL-terminated array; cchar_t's own array is not visible to Swift. Moves and
   puts in one call. */
CNCURSES_INLINE int cncurses_put(
    int row, int column, const wchar_t *text, attr_t attributes, short pair) {
    cchar_t cell;
    if (setcchar(&cell, text, attributes, pair, NULL) == ERR) return ERR;
    return mvadd_wch(row, column, &cell);
}

#endif
