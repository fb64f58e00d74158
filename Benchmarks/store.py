"""Measures the settings store at size: `python Benchmarks/store.py --slipway RELEASE_BINARY`.

Makes a store of 10,000 projects with two applications and AWS keys each, then compares, in pairs
within one run, a whole `slipway settings get` with the `sqlite3` shell reading the same row, and
says how much memory the listings take. Prints ratios; the machine's own speed cancels out.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

SECRET = b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slipway", required=True, type=pathlib.Path)
    parser.add_argument("--projects", type=int, default=10_000)
    parser.add_argument("--pairs", type=int, default=20)
    options = parser.parse_args()
    slipway = options.slipway.resolve()
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder)
        environment = {"HOME": folder, "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        fill(slipway, home, environment, options.projects)
        compare(slipway, home, environment, options)
        for command in (["project", "list"], ["project", "list", "--json"], ["export"]):
            list_all(slipway, environment, command)


def fill(slipway, home, environment, count):
    document = {"projects": {project(number): applications() for number in range(count)}}
    path = home / "settings.json"
    path.write_text(json.dumps(document))
    run([slipway, "import", path, "--yes"], environment)

    def set_keys(number):
        run(
            [slipway, "keys", "set", "AKIAIOSFODNN7EXAMPLE", "--project", project(number)],
            environment,
            input=SECRET,
        )

    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(set_keys, range(count)))
    each = (time.monotonic() - began) / count * 1000
    print(f"{count} projects, 2 applications and AWS keys each; keys set took {each:.1f} ms each")


def compare(slipway, home, environment, options):
    database = home / ".local/share/slipway/slipway.db"
    name = project(options.projects // 2)
    ours = [slipway, "settings", "get", "app-1", "region", "--project", name]
    query = (
        "SELECT region FROM project p JOIN application a ON a.project_id = p.id "
        "JOIN settings_version v ON v.application_id = a.id AND v.version = a.version "
        f"WHERE p.name = '{name}' AND a.name = 'app-1'"
    )
    theirs = ["sqlite3", "-readonly", database, query]
    assert run(ours, environment).stdout == run(theirs, environment).stdout == b"us-east-1\n"
    pairs = [
        (timed(ours, environment), timed(theirs, environment)) for _ in range(options.pairs)
    ]
    mine, shell = (statistics.median(column) * 1000 for column in zip(*pairs))
    ratio = statistics.median(one / other for one, other in pairs)
    print(f"settings get: {mine:.1f} ms, sqlite3 shell: {shell:.1f} ms")
    print(f"settings get takes {ratio:.2f} times what the shell takes (limit 4)")


def list_all(slipway, environment, command):
    began = time.monotonic()
    child = subprocess.Popen(
        [slipway, *command], env=environment, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    seconds = time.monotonic() - began
    print(f"{' '.join(command)}: {usage.ru_maxrss / 1024:.0f} MiB, {seconds:.2f} s (limit 100 MB)")


def project(number):
    return f"acme/project-{number}"


def applications():
    settings = {
        "application_root": "/",
        "region": "us-east-1",
        "revision_location": {
            "revision_type": "S3",
            "s3_location": {"bucket": "acme-revisions", "key_pattern": "apps/{SHORT_COMMIT}"},
        },
    }
    return {"aws": {"services": {"codedeploy": {"app-1": settings, "app-2": settings}}}}


def run(command, environment, input=None):
    return subprocess.run(command, env=environment, input=input, capture_output=True, check=True)


def timed(command, environment):
    began = time.perf_counter()
    run(command, environment)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
