"""A pseudo-terminal with pyte as the emulator behind it: what a person at a terminal would see."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import pyte

PATIENCE = 30

ESCAPE, ENTER, TAB, BACKSPACE = "\x1b", "\r", "\t", "\x7f"
UP, DOWN, RIGHT, LEFT = "\x1bOA", "\x1bOB", "\x1bOC", "\x1bOD"
F1 = "\x1bOP"


def control(letter):
    return chr(ord(letter) & 0x1F)


class Emulator(pyte.Screen):
    """pyte, and the second screen that it does not have."""

    def __init__(self, columns, lines):
        self.main = None
        self.private_modes = set()
        self.answers = []
        super().__init__(columns, lines)

    def set_mode(self, *modes, **options):
        if options.get("private"):
            self.private_modes |= set(modes)
            if 1049 in modes and self.main is None:
                self.main = ([dict(self.buffer[row]) for row in range(self.lines)], self._place())
                self.erase_in_display(2)
        super().set_mode(*modes, **options)

    def reset_mode(self, *modes, **options):
        if options.get("private"):
            self.private_modes -= set(modes)
            if 1049 in modes and self.main is not None:
                rows, (self.cursor.y, self.cursor.x) = self.main
                self.main = None
                for number in range(self.lines):
                    self.buffer[number].clear()
                    if number < len(rows):
                        self.buffer[number].update(rows[number])
                self.dirty.update(range(self.lines))
        super().reset_mode(*modes, **options)

    def _place(self):
        return self.cursor.y, self.cursor.x

    def write_process_input(self, data):
        # A program must not make a terminal talk.
        self.answers.append(data)


class Session:
    """A program on a terminal."""

    def __init__(
        self, command, environment, folder, columns=80, lines=24, before="$ before"
    ):
        self.emulator = Emulator(columns, lines)
        self.stream = pyte.ByteStream(self.emulator)
        self.written = bytearray()
        self.master, self.slave = pty.openpty()
        self._set_size(columns, lines)
        os.set_blocking(self.master, False)
        self.modes_before = self.modes()
        self.stream.feed((before + "\r\n").encode())
        self.before = before
        self.process = subprocess.Popen(
            command,
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            env=environment,
            cwd=folder,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )

    # What is seen.

    @property
    def lines(self):
        return [line.rstrip() for line in self.emulator.display]

    @property
    def text(self):
        return "\n".join(self.lines)

    @property
    def flat(self):
        """The text on one line, however it is wrapped, without the lines of boxes."""
        return " ".join(self.text.replace("│", " ").replace("|", " ").split())

    def modes(self):
        """What `stty -g` says."""
        return subprocess.run(
            ["stty", "-g"], stdin=self.slave, capture_output=True, check=True
        ).stdout

    # What is done.

    def send(self, *texts):
        for text in texts:
            data = text.encode()
            while data:
                with contextlib.suppress(BlockingIOError):
                    data = data[os.write(self.master, data) :]
                self._read(0)

    def paste(self, text):
        """Pastes as a terminal does: with marks around it where the program asked for them."""
        text = text.replace("\n", "\r")
        marked = 2004 in self.emulator.private_modes
        self.send(f"\x1b[200~{text}\x1b[201~" if marked else text)

    def resize(self, columns, lines):
        self.emulator.resize(lines, columns)
        self._set_size(columns, lines)

    def _set_size(self, columns, lines):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def signal(self, number):
        os.kill(self.process.pid, number)

    # Waiting.

    def until(self, condition, what=None):
        """Reads until the condition holds; a string is one that must be on the screen."""
        if isinstance(condition, str):
            wanted = condition
            condition, what = (lambda: wanted in self.flat), f"{wanted!r} on the screen"
        deadline = time.monotonic() + PATIENCE
        while not condition():
            rest = deadline - time.monotonic()
            assert rest > 0, f"waited in vain for {what}:\n{self.text}"
            if not self._read(rest) and self.process.poll() is not None and not condition():
                raise AssertionError(f"ended without {what}:\n{self.text}")

    def until_all(self, *texts):
        """Waits until all of them are on the screen: what is read may end amid a frame."""
        self.until(lambda: all(text in self.flat for text in texts), f"{texts!r} on the screen")

    def until_footer(self, text):
        """Waits for the last line, which is painted last: the frame is whole then."""
        self.until(lambda: self.lines[-1].endswith(text), f"the footer {text!r}")

    def until_end(self):
        """Reads until the program is gone; returns its exit status, negative for a signal."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"does not end:\n{self.text}"
            self._read(0.05)
        while self._read(0):
            pass
        return self.process.returncode

    def quiet_for(self, seconds):
        """Whether nothing is written for so long."""
        return not self._read(seconds)

    def _read(self, timeout):
        if not select.select([self.master], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self.master, 1 << 16)
        except (BlockingIOError, OSError):
            return False
        self.written += data
        self.stream.feed(data)
        return True

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # Judgements.

    def assert_as_before(self, has_second_screen=True):
        """The terminal is as the program found it."""
        assert self.modes() == self.modes_before
        private = self.emulator.private_modes
        assert 1049 not in private, "still on the second screen"
        assert 2004 not in private, "pastes are still marked"
        assert not self.emulator.cursor.hidden
        assert not self.emulator.cursor.attrs.reverse and not self.emulator.cursor.attrs.bold
        if has_second_screen:
            assert self.lines[0] == self.before, self.text
        assert self.emulator.answers == []


# A shell's part in job control: runs a command as a job in the foreground; when the job stops,
# takes the terminal back and says so; a line of input brings it to the front again.
JOB_SHELL = """
import os, signal, sys, termios
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
modes = termios.tcgetattr(0)
child = os.fork()
if child == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execvp(sys.argv[1], sys.argv[1:])
try:
    os.setpgid(child, child)
except OSError:
    pass
os.tcsetpgrp(0, child)
while True:
    _, status = os.waitpid(child, os.WUNTRACED)
    os.tcsetpgrp(0, os.getpid())
    if os.WIFSTOPPED(status):
        same = termios.tcgetattr(0) == modes
        print("stopped, modes", "same" if same else "changed", flush=True)
        termios.tcsetattr(0, termios.TCSADRAIN, modes)
        sys.stdin.readline()
        os.tcsetpgrp(0, child)
        os.killpg(child, signal.SIGCONT)
    else:
        print("ended", os.waitstatus_to_exitcode(status), flush=True)
        sys.exit(0)
"""


def as_job(*command):
    return [sys.executable, "-c", JOB_SHELL, *command]
