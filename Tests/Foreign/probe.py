"""aws-probe: slipway's signer and its clients of AWS, told what to do line by line."""

import contextlib
import json
import os
import subprocess
from pathlib import Path

import pytest

PATIENCE = 60
ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def probe_path(pytestconfig):
    path = Path(pytestconfig.getoption("--slipway")).resolve().with_name("aws-probe")
    if not os.access(path, os.X_OK):
        pytest.exit(f"{path} is not a program: build all products first", 2)
    return path


def sign(path, orders):
    """What the signer makes of each order."""
    text = "".join(json.dumps(order) + "\n" for order in orders)
    result = subprocess.run(
        [path, "sign"], input=text, capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    return [json.loads(line) for line in result.stdout.splitlines()]


class Probe:
    """Clients that run until the body ends, in an environment of their own."""

    def __init__(self, process):
        self._process = process

    def __call__(self, call, **order):
        """Makes a call and returns all that is told of it."""
        self._process.stdin.write(json.dumps({"call": call, **order}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"aws-probe ended at {call}: {self._process.wait()}"
        return json.loads(line)

    def ok(self, call, **order):
        """Makes a call that must succeed, and returns what it gave."""
        told = self(call, **order)
        assert "ok" in told, told
        return told["ok"]

    def fails(self, call, **order):
        """Makes a call that must fail, and returns all that is told of it."""
        told = self(call, **order)
        assert "error" in told, told
        return told


@contextlib.contextmanager
def running(path, endpoint=None, region="us-east-1", **variables):
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": region,
        "PROBE_DELAY": "1",
        **({"AWS_ENDPOINT_URL": endpoint} if endpoint else {}),
        **variables,
    }
    with subprocess.Popen(
        [path, "call"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield Probe(process)
        finally:
            process.stdin.close()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def content(count):
    """The bytes that aws-probe sends."""
    cycle = bytes(range(251))
    return (cycle * (count // 251 + 1))[:count]
