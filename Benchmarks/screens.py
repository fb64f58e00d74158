"""Measures the admin UI at size: `python Benchmarks/screens.py --slipway RELEASE_BINARY`.

Opens it on a pseudo-terminal over a store of 10,000 projects and says how long the first paint
takes from the start of the process, how long a key takes to what it paints, and how many bytes are
written in 10 idle seconds. Nothing is asked of the clock but differences.
"""

import argparse
import fcntl
import json
import os
import pathlib
import pty
import select
import statistics
import struct
import subprocess
import tempfile
import termios
import time

DOWN, UP = b"\x1bOB", b"\x1bOA"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slipway", required=True, type=pathlib.Path)
    parser.add_argument("--projects", type=int, default=10_000)
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument("--keys", type=int, default=500)
    parser.add_argument("--idle", type=float, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "HOME": folder, "PATH": os.environ["PATH"], "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
        }  # fmt: skip
        fill(options, pathlib.Path(folder), environment)
        paints = []
        for _ in range(options.starts):
            with Terminal(options.slipway, environment) as terminal:
                paints.append(terminal.until(b"acme/project-0"))
        report("first paint with a project", paints, 100)
        for width, height, limit in ((80, 24, 16), (200, 60, 33)):
            with Terminal(options.slipway, environment, width, height) as terminal:
                terminal.until(b"acme/project-0")
                terminal.settle()
                moves = [terminal.paint(DOWN if n % 90 < 60 else UP) for n in range(options.keys)]
                report(f"key to paint, moving, {width}x{height}", moves, limit)
                terminal.paint(b"/")
                typed = []
                for _ in range(options.keys // 20):
                    typed += [terminal.paint(bytes([byte])) for byte in b"project-7"]
                    typed += [terminal.paint(b"\x7f") for _ in b"project-7"]
                report(f"key to paint, filtering, {width}x{height}", typed, limit)
        with Terminal(options.slipway, environment) as terminal:
            terminal.until(b"acme/project-0")
            terminal.settle()
            written = terminal.count_for(options.idle)
            print(f"written in {options.idle:.0f} idle seconds: {written} bytes (limit 0)")
        compare_starts(options, environment)


def fill(options, home, environment):
    projects = {f"acme/project-{number}": {} for number in range(options.projects)}
    document = home / "settings.json"
    document.write_text(json.dumps({"projects": projects}))
    subprocess.run(
        [options.slipway.resolve(), "import", document, "--yes"],
        env=environment, check=True, capture_output=True,
    )  # fmt: skip


def compare_starts(options, environment):
    """What a command that opens no screen takes: nothing of the screens is to be felt there."""
    times = []
    for _ in range(60):
        began = time.perf_counter()
        subprocess.run([options.slipway, "--version"], env=environment, capture_output=True)
        times.append((time.perf_counter() - began) * 1000)
    print(f"slipway --version: {min(times):.1f} ms at best, {statistics.median(times):.1f} median")


def report(what, seconds, limit):
    times = sorted(second * 1000 for second in seconds)
    worst = times[min(len(times) - 1, int(len(times) * 0.99))]
    print(
        f"{what}: median {statistics.median(times):.1f} ms, 99th percentile {worst:.1f} ms "
        f"(limit {limit} ms), {len(times)} times"
    )


class Terminal:
    def __init__(self, slipway, environment, width=80, height=24, arguments=()):
        self.master, slave = pty.openpty()
        size = struct.pack("HHHH", height, width, 0, 0)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            [slipway.resolve(), *arguments], stdin=slave, stdout=slave, stderr=slave, env=environment,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(slave)
        self.seen = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.write(self.master, b"\x1b")
        self.settle()
        os.write(self.master, b"Q")
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.master)

    def read(self, timeout):
        if not select.select([self.master], [], [], timeout)[0]:
            return b""
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:  # the program is gone
            return b""
        self.seen += data
        return data

    def until(self, text):
        """Seconds from the start until a text was written."""
        while text not in self.seen:
            assert self.read(10), f"{text} did not come"
        return time.perf_counter() - self.began

    def settle(self, quiet=0.5):
        while self.read(quiet):
            pass

    def paint(self, key):
        """Seconds from a key to the first bytes of what it paints."""
        began = time.perf_counter()
        os.write(self.master, key)
        assert self.read(10), f"{key} painted nothing"
        took = time.perf_counter() - began
        while self.read(0.002):
            pass
        return took

    def count_for(self, seconds):
        before = len(self.seen)
        end = time.perf_counter() + seconds
        while (rest := end - time.perf_counter()) > 0:
            self.read(rest)
        return len(self.seen) - before


if __name__ == "__main__":
    main()
