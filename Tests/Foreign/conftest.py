"""What the foreign checks stand on: the binary under test, each time in a home of its own."""

import concurrent.futures
import contextlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest
from botocore.client import Config

PROJECT = "acme/shop"
ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
TOKEN = b"FwoGZXIvYXdzEXAMPLE+token/of/some//length=="
PASSPHRASE = b"four words nobody combines"

SUCCESS, CONFIGURATION, STORE, USAGE = 0, 2, 7, 64
DOCUMENTED_STATUSES = {0, 1, 2, 3, 4, 5, 6, 7, 64, 130}

# No command takes nearly as long; what does is stuck.
PATIENCE = 30

REFERENCE_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::revisions/*"]},
        {
            "Effect": "Allow",
            "Action": [
                "codedeploy:RegisterApplicationRevision",
                "codedeploy:GetApplicationRevision",
                "codedeploy:CreateDeployment",
                "codedeploy:GetDeployment",
                "codedeploy:GetDeploymentConfig",
            ],
            "Resource": ["*"],
        },
    ],
}


def pytest_addoption(parser):
    parser.addoption(
        "--slipway", default=".build/debug/slipway", help="the slipway binary to judge"
    )
    # Each has a Python of its own beside the one that runs the tests: their pins differ.
    servers = Path(sys.executable).parent
    parser.addoption("--moto", default=str(servers / "moto_server"), help="the server moto")
    parser.addoption(
        "--ministack",
        default=str(servers.parent.parent / "ministack/bin/ministack"),
        help="the server MiniStack",
    )
    parser.addoption(
        "--trees", default=str(servers.parent.parent / "trees"),
        help="a folder with the archives of requirements-trees.txt",
    )  # fmt: skip


@pytest.fixture(scope="session")
def binary(pytestconfig):
    path = Path(pytestconfig.getoption("--slipway")).resolve()
    if not os.access(path, os.X_OK):
        pytest.exit(f"{path} is not a program: name the slipway binary with --slipway", 2)
    return path


@pytest.fixture(scope="session")
def trees(pytestconfig):
    """The folder of other people's source trees, as archives."""
    return Path(pytestconfig.getoption("--trees"))


@pytest.fixture
def slipway(binary, tmp_path):
    """slipway in an empty home."""
    return Home(binary, tmp_path)


@pytest.fixture
def store(slipway, prepared):
    """slipway in a home with a store, a project, and the project's AWS keys."""
    slipway.copy(prepared)
    return slipway


@pytest.fixture(scope="session")
def prepared(binary, tmp_path_factory):
    """What each test gets a copy of."""
    home = Home(binary, tmp_path_factory.mktemp("prepared"))
    home("project", "add", PROJECT)
    home.set_keys(SECRET, TOKEN)
    return home


@pytest.fixture
def start(slipway):
    """Starts sandboxes over one state folder, and ends those that still run."""
    with sandboxes(slipway) as begin:
        yield begin


@contextlib.contextmanager
def sandboxes(home):
    """Starts sandboxes, and ends in the end those that still run."""
    running = []

    def begin(*words, state="state"):
        process = subprocess.Popen(
            [home.binary, "sandbox", "--json", "--state", home.folder / state, *words],
            env=home.environment, cwd=home.work, stdout=subprocess.PIPE,
            stderr=open(home.folder / "log", "ab"), start_new_session=True,
        )
        running.append(process)
        line = process.stdout.readline()
        assert line, (home.folder / "log").read_text()
        return Sandbox(process, json.loads(line))

    try:
        yield begin
    finally:
        for process in running:
            process.kill()
            process.wait()


class Home:
    """slipway with a home folder, a current folder and an environment of its own."""

    def __init__(self, binary, folder):
        self.binary = binary
        self.folder = folder
        self.work = folder / "work"
        self.temporary = folder / "tmp"
        for made in (self.work, self.temporary):
            made.mkdir()
        self.environment = {
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PATH": os.environ["PATH"],
            "TMPDIR": str(self.temporary),
        }

    @property
    def database(self):
        return self.folder / ".local/share/slipway/slipway.db"

    @property
    def key_file(self):
        return self.folder / ".config/slipway/unlock.key"

    def copy(self, other):
        """Takes over the store and the unlock key of another home."""
        for name in (".local", ".config"):
            shutil.copytree(other.folder / name, self.folder / name)

    def __call__(self, *words, status=SUCCESS, **options):
        """Runs a command, which must end with the status, and returns what it printed."""
        result = self.run(*words, **options)
        assert result.returncode == status, result
        return result

    def run(self, *words, stdin=b"", variables=None, timeout=PATIENCE, **options):
        """Runs a command, however it ends."""
        options = {**self._surroundings(variables), **options}
        return subprocess.run(
            [self.binary, *words], input=stdin, capture_output=True, timeout=timeout, **options
        )

    @contextlib.contextmanager
    def running(self, *words, variables=None, **options):
        """A command that runs while the body does; its three streams are pipes if not given."""
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        options = {**pipes, **self._surroundings(variables), **options}
        with subprocess.Popen([self.binary, *words], **options) as process:
            try:
                yield process
            finally:
                process.kill()

    def _surroundings(self, variables):
        # A session of its own has no terminal that slipway could ask questions on.
        environment = {**self.environment, **(variables or {})}
        return {"env": environment, "cwd": self.work, "start_new_session": True}

    def set_keys(self, secret, token=None, project=PROJECT, access_key_id=ACCESS_KEY_ID):
        words = ["keys", "set", access_key_id, "--project", project]
        if token is None:
            return self(*words, stdin=as_input(secret))
        return self(*words, "--session-token", stdin=secret + b"\n" + as_input(token))

    def add_passphrase(self, passphrase=PASSPHRASE):
        """Lets a passphrase open the store; returns the unlocker's id."""
        return self.added_unlocker("passphrase", stdin=passphrase)

    def added_unlocker(self, *words, **options):
        result = self("store", "unlockers", "add", *words, **options)
        return re.search(rb"opens with (\w+) too", result.stderr)[1].decode()

    def connect(self):
        """The database, open for writing behind slipway's back; closed by `with`."""
        return contextlib.closing(sqlite3.connect(self.database, isolation_level=None))

    def settle(self):
        """Moves what the write-ahead log holds into the database file."""
        with self.connect() as database:
            assert database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0


class Sandbox:
    def __init__(self, process, facts):
        self.process = process
        self.facts = facts
        self.endpoint = facts["endpoint"]

    def client(self, service, region=None, admin=False, token=None, keys=None, **settings):
        prefix = "admin_" if admin else ""
        key, secret = keys or (
            self.facts[prefix + "access_key_id"], self.facts[prefix + "secret_access_key"]
        )
        settings = {"retries": {"total_max_attempts": 1}, **settings}
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name=region or self.facts["region"],
            aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token,
            config=Config(**settings),
        )

    def environment(self):
        return {
            "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}",
            "HOME": "/nonexistent",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.facts["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": self.facts["secret_access_key"],
            "AWS_REGION": self.facts["region"],
            "AWS_DEFAULT_REGION": self.facts["region"],
        }

    def aws(self, *words, status=0):
        result = subprocess.run(
            ["aws", *words], env=self.environment(), capture_output=True, timeout=120
        )
        assert result.returncode == status, result
        return result.stdout.decode()


# A process counts as its own what the one that made it held: this one is small. What is held
# depends on the processors: there are two, whatever the machine has.
MEASURE = """
import os, subprocess, sys
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(usage.ru_maxrss << 10)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def peak_memory(home, words, shell=()):
    """The most memory that a command held, in bytes, or that the words of a shell around it did."""
    result = subprocess.run(
        [sys.executable, "-ISc", MEASURE, *shell, home.binary, *words],
        capture_output=True,
        timeout=300,
        check=False,
        env=home.environment,
        cwd=home.work,
    )
    assert result.returncode == 0, result
    return int(result.stdout)


def in_parallel(body, items):
    """The results of the body for each item, from as many threads as there are cores."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(body, items))


def as_input(value):
    """What to write to standard input, where one line break behind the value is dropped."""
    return value + b"\n" if value.endswith(b"\n") else value


@contextlib.contextmanager
def descriptor_of(content):
    """The number of a file descriptor from which the content can be read once."""
    reader, writer = os.pipe()
    try:
        os.write(writer, content)
        os.close(writer)
        yield reader
    finally:
        os.close(reader)


def wait_until(condition, what):
    """Returns when the condition holds, looking again and again."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.001)
