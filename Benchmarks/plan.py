"""Measures plan and check: `python Benchmarks/plan.py --slipway RELEASE_BINARY`.

Compares, in pairs within one run, `slipway plan` on a generated repository of 40,000 files with
`git ls-files` and a stat of each file; then gives `check` hostile files and says how long it takes
and how much memory. Fails where a limit does not hold.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

CIRCLE = """deployment:
  production:
    branch: master
    codedeploy:
      shop:
        deployment_group: production
        application_root: /
        region: us-east-1
        revision_location:
          revision_type: S3
          s3_location: {bucket: acme-revisions, key_pattern: "shop/{SHORT_COMMIT}"}
"""

# Two entries of files and one of permissions: every file is looked at.
APPSPEC = """version: 0.0
os: linux
files:
  - source: /
    destination: /srv/shop
  - source: /package-0
    destination: /srv/other
permissions:
  - object: /srv/shop
    owner: deploy
    type: [directory]
hooks:
  AfterInstall:
    - location: run.sh
"""

RATIO_LIMIT = 2
SECONDS_LIMIT = 0.100
MEMORY_LIMIT = 64 << 20


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slipway", required=True, type=pathlib.Path)
    parser.add_argument("--files", type=int, default=40_000)
    parser.add_argument("--pairs", type=int, default=15)
    options = parser.parse_args()
    slipway = options.slipway.resolve()
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder)
        environment = {"HOME": folder, "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        misses = compare(slipway, home, environment, options)
        misses += [name for name in HOSTILE if not withstand(slipway, home, environment, name)]
    if misses:
        sys.exit("over a limit: " + ", ".join(misses))


# plan on a large repository


def compare(slipway, home, environment, options):
    repository = home / "large"
    generate(repository, environment, options.files)
    plan = [slipway, "plan", "--json"]
    ours = subprocess.run(plan, cwd=repository, env=environment, capture_output=True)
    assert ours.returncode == 0, ours
    assert f'"files": {options.files}'.encode() in ours.stdout, ours.stdout
    pairs = []
    for _ in range(options.pairs):
        theirs = list_and_stat(repository, environment)
        began = time.perf_counter()
        subprocess.run(plan, cwd=repository, env=environment, capture_output=True, check=True)
        pairs.append((time.perf_counter() - began, theirs))
    mine, other = (statistics.median(column) * 1000 for column in zip(*pairs))
    ratio = statistics.median(one / two for one, two in pairs)
    print(f"plan on {options.files} files: {mine:.0f} ms; git ls-files and stat: {other:.0f} ms")
    print(f"plan takes {ratio:.2f} times what they take (limit {RATIO_LIMIT})")
    return [] if ratio <= RATIO_LIMIT else ["plan"]


def generate(repository, environment, count):
    """A repository with a hundred files to a folder, all of them committed."""
    written = 0

    def write(name, text="x" * 100 + "\n"):
        nonlocal written
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        written += 1

    write("circle.yml", CIRCLE)
    write("appspec.yml", APPSPEC)
    write("run.sh", "#!/bin/sh\n")
    (repository / "run.sh").chmod(0o755)
    number = 0
    while written < count:
        write(f"package-{number // 1000}/module-{number // 100 % 10}/file-{number}.js")
        number += 1
    for words in (["init", "-q", "-b", "master"], ["add", "-A"], ["commit", "-qm", "all"]):
        names = ["-c", "user.name=n", "-c", "user.email=n@example.com"]
        subprocess.run(["git", *names, *words], cwd=repository, env=environment, check=True)


def list_and_stat(repository, environment):
    """The seconds that `git ls-files` and a stat of each file take."""
    began = time.perf_counter()
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=repository, env=environment, capture_output=True, check=True
    )
    folder = os.open(repository, os.O_RDONLY)
    for name in listing.stdout.split(b"\0")[:-1]:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    os.close(folder)
    return time.perf_counter() - began


# check on hostile files


def bomb(size=1 << 20):
    """Aliases of aliases, filled up to a size."""
    lines = [b"a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 20):
        aliases = b", ".join([b"*a%d" % (level - 1)] * 10)
        lines.append(b"a%d: &a%d [%s]" % (level, level, aliases))
    lines.append(b"deployment: {}")
    text = b"\n".join(lines) + b"\n#"
    return text + b"x" * (size - len(text) - 1) + b"\n"


def quick_bomb(size=1 << 20):
    """As many aliases of one large list as fit."""
    text = b"a: &a [" + b", ".join([b"x"] * 1000) + b"]\nb: ["
    return text + b"*a, " * ((size - len(text) - 2) // 4) + b"]\n"


def expressions(text, size=1 << 20):
    """As many sections with an expression for a branch as fit, or as are read."""
    sections = "deployment:\n"
    number = 0
    while len(sections) < size - 2000 and number < 1_200:
        sections += f"  s{number}:\n    branch: '{text}'\n    codedeploy: {{a: {{deployment_group: g}}}}\n"
        number += 1
    return sections.encode()


VALID = CIRCLE.encode()
HOSTILE = {
    "alias bomb of 1 MiB": bomb,
    "aliases of a large list": quick_bomb,
    "lists 10,000 deep": lambda: b"deployment: " + b"[" * 10_000,
    "lists 1,000,000 deep": lambda: b"[" * (1 << 20),
    "mappings 10,000 deep": lambda: b"{a: " * 10_000,
    "a million keys": lambda: b"".join(b"k%d:\n" % number for number in range(110_000))[: 1 << 20],
    "a million keys, 8 MiB": lambda: b"".join(b"k%d:\n" % number for number in range(1_000_000)),
    "one key a million times": lambda: b"k: 1\n" * 200_000,
    "NUL": lambda: VALID + b"a: \0\n",
    "a million NULs": lambda: b"\0" * (1 << 20),
    "byte order mark": lambda: b"\xef\xbb\xbf" + VALID,
    "UTF-16": lambda: b"\xff\xfe" + VALID.decode().encode("utf-16-le"),
    "CRLF": lambda: VALID.replace(b"\n", b"\r\n"),
    "tabs": lambda: VALID.replace(b"  ", b"\t"),
    "not UTF-8": lambda: VALID + b"a: \xff\n",
    "one line of 1 MiB": lambda: b"a: " + b"x" * ((1 << 20) - 4) + b"\n",
    "one quoted text of 1 MiB": lambda: b'a: "' + b"\\n" * ((1 << 19) - 4) + b'"\n',
    "endless quotation": lambda: b'a: "' + b"x\n" * ((1 << 19) - 4),
    "anchors": lambda: b"".join(b"- &a%d x\n" % number for number in range(80_000))[: 1 << 20],
    "tags": lambda: b"- !!str x\n" * 100_000,
    "nothing but colons": lambda: b":" * (1 << 20),
    "nothing but dashes": lambda: b"- " * (1 << 19),
    "flow of commas": lambda: b"[" + b"x," * ((1 << 19) - 2) + b"]\n",
    "comments": lambda: b"#\n" * (1 << 19),
    "documents": lambda: b"---\n" * (1 << 18),
    "slow expressions": lambda: expressions("/(?=(.{0,60}){0,40}x).*/"),
    "large expressions": lambda: expressions("/(a{0,60}){0,40}x/"),
    "long expressions": lambda: expressions("/" + "[ab]?" * 180 + "x/"),
    "catastrophic expressions": lambda: expressions("/(a|a)*(a+)+(a*)*b/"),
}


def withstand(slipway, home, environment, name):
    """Checks a hostile file as circle.yml and as appspec.yml; whether both are in the limits."""
    folder = home / "hostile"
    folder.mkdir(exist_ok=True)
    holds = True
    for file, words in (
        ("circle.yml", ["check", "--branch", "a" * 100, "--json"]),
        ("appspec.yml", ["check", "--appspec", "appspec.yml", "--json"]),
    ):
        for left in folder.iterdir():
            left.unlink()
        write_apart(folder / file, HOSTILE[name])
        runs = [measured([slipway, *words], folder, environment) for _ in range(5)]
        seconds = statistics.median(seconds for seconds, _ in runs)
        memory = max(memory for _, memory in runs)
        fits = seconds < SECONDS_LIMIT and memory < MEMORY_LIMIT
        mark = "" if fits else "  <- over the limit"
        print(f"{file:12} {name:28} {seconds * 1000:4.0f} ms {memory >> 20:3} MiB{mark}")
        holds = holds and fits
    return holds


def write_apart(path, text):
    """Writes a file in another process: what a child is said to take has its parent's memory in it,
    which must stay small."""
    child = os.fork()
    if child == 0:
        path.write_bytes(text())
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def measured(command, folder, environment):
    began = time.perf_counter()
    child = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode in (0, 2), child.returncode
    return seconds, usage.ru_maxrss << 10


if __name__ == "__main__":
    main()
