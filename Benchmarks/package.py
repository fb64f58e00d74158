"""Measures packaging: `python Benchmarks/package.py --slipway RELEASE_BINARY`.

Packs the same trees with `slipway package`, with the step of `aws deploy push` that packs, and with
`zip -6 -r`, in turns within one run, and prints medians of the ratios of each round: the machine's
own speed cancels out. Of slipway and zip a whole command is timed; of the AWS CLI only the step,
without the start of Python. Memory is the whole process's peak. The trees: files of the Swift and
the Python installation, and many small ones that are made.
"""

import argparse
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time

APPSPEC = "version: 0.0\nos: linux\nfiles:\n  - source: /\n    destination: /srv/app\n"
CIRCLE = """\
deployment:
  production:
    branch: master
    codedeploy:
      my-app:
        deployment_group: instances
        application_root: /app
        region: us-east-1
        revision_location:
          revision_type: S3
          s3_location: {bucket: acme-revisions, key_pattern: "apps/{SHORT_COMMIT}"}
"""
BUILD = ["--project", "acme/shop", "--branch", "master", "--commit", "0123456789" * 4]
BYTE_LIMIT = 160 << 20

# A program that counts as its own only the memory of its child.
MEASURE = """
import os, subprocess, sys, time
began = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
output = process.stdout.read()
_, status, usage = os.wait4(process.pid, 0)
print(time.perf_counter() - began, usage.ru_maxrss << 10, flush=True)
os.write(1, output)
sys.exit(os.waitstatus_to_exitcode(status))
"""

# The step of `aws deploy push` that packs, timed by itself.
PUSH = """
import io, sys, time
from awscli.customizations.codedeploy.push import Push
began = time.perf_counter()
with Push(None)._compress(sys.argv[1]) as bundle:
    print(time.perf_counter() - began, bundle.seek(0, io.SEEK_END))
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slipway", required=True, type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    slipway = options.slipway.resolve()
    print(f"{os.cpu_count()} processors, {options.rounds} rounds each")
    for name, fill in (("swift", fill_swift), ("python", fill_python), ("small", fill_small)):
        with tempfile.TemporaryDirectory() as folder:
            repository = pathlib.Path(folder)
            root = repository / "app"
            root.mkdir()
            (repository / ".git").mkdir()
            (repository / "circle.yml").write_text(CIRCLE)
            count, size = fill(root)
            (root / "appspec.yml").write_text(APPSPEC)
            print(f"\n{name}: {count} files, {size / 1e6:.1f} MB")
            compare(slipway, repository, options.rounds)


def compare(slipway, repository, rounds):
    ways = {"slipway": pack_with_slipway, "aws": pack_with_aws, "zip": pack_with_zip}
    seconds = {way: [] for way in ways}
    sizes = {}
    peaks = dict.fromkeys(ways, 0)
    for _ in range(rounds):
        for way, pack in ways.items():
            took, sizes[way], memory = pack(slipway, repository)
            seconds[way].append(took)
            peaks[way] = max(peaks[way], memory)
    for way in ways:
        share = sizes[way] / sizes["slipway"]
        median = statistics.median(seconds[way])
        print(
            f"  {way:8}{median:7.2f} s {peaks[way] >> 20:5} MiB  {sizes[way]:>11} bytes "
            f"({share:.4f} of slipway's)"
        )
    for way, limit in (("aws", " (at least 3)"), ("zip", "")):
        pairs = zip(seconds[way], seconds["slipway"])
        ratio = statistics.median(theirs / ours for theirs, ours in pairs)
        print(f"  slipway is {ratio:.2f} times as fast as {way}{limit}")


def pack_with_slipway(slipway, repository):
    output = repository / "slipway.zip"
    seconds, memory, _ = measure([slipway, "package", "-o", output, *BUILD], repository)
    return seconds, output.stat().st_size, memory


def pack_with_zip(_, repository):
    output = repository / "zip.zip"
    output.unlink(missing_ok=True)
    seconds, memory, _ = measure(["zip", "-6", "-q", "-r", output, "."], repository / "app")
    return seconds, output.stat().st_size, memory


def pack_with_aws(_, repository):
    command = [sys.executable, "-c", PUSH, repository / "app"]
    _, memory, output = measure(command, repository)
    seconds, size = output.split()
    return float(seconds), int(size), memory


def measure(command, folder):
    """Seconds and bytes of memory of a command, and what it printed."""
    environment = {"HOME": str(folder), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    result = subprocess.run(
        [sys.executable, "-ISc", MEASURE, *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        check=True,
        text=True,
    )
    measured, _, output = result.stdout.partition("\n")
    seconds, memory = measured.split()
    return float(seconds), int(memory), output


def fill_swift(root):
    swift = shutil.which("swift")
    if swift is None:
        sys.exit("there is no swift on the path to take files from")
    return copy(pathlib.Path(swift).resolve().parent.parent / "lib/swift", root)


def fill_python(root):
    return copy(pathlib.Path(sysconfig.get_path("stdlib")), root)


def copy(source, root):
    """Copies regular files, in order, as many as fit the limit."""
    count = size = 0
    for folder, folders, files in os.walk(source):
        folders.sort()
        for name in sorted(files):
            path = pathlib.Path(folder, name)
            if path.is_symlink() or size + path.stat().st_size > BYTE_LIMIT:
                continue
            target = root / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
            count += 1
            size += path.stat().st_size
    return count, size


def fill_small(root):
    """Source files as a web application has them: 20,000, of up to four KiB."""
    generator = random.Random(20261124)
    words = [
        "".join(generator.choices("abcdefghijklmnopqrstuvwxyz_", k=generator.randint(2, 12)))
        for _ in range(3000)
    ]
    size = 0
    for number in range(20_000):
        folder = root / f"module-{number % 400}"
        folder.mkdir(exist_ok=True)
        lines = []
        for _ in range(generator.randint(1, 60)):
            indent = "    " * generator.randint(0, 3)
            lines.append(indent + " ".join(generator.choices(words, k=generator.randint(1, 9))))
        text = "\n".join(lines) + "\n"
        (folder / f"file-{number}.js").write_text(text)
        size += len(text)
    return 20_000, size


if __name__ == "__main__":
    main()
