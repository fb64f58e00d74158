"""What watching asks of AWS, counted in the sandbox's log of requests: by the look, not by time."""

import json
import re
import signal
import subprocess

import pytest
from test_live import Fleet

INSTANCES = 1000
BATCH = 25


def looks_in(log):
    """The operations of each look, one after the other. A look begins with GetDeployment."""
    looks = []
    for line in log.read_text().splitlines():
        found = re.search(r"\bcodedeploy\.(\w+)", line)
        if not found:
            continue
        if found[1] == "GetDeployment":
            looks.append([])
        elif looks:
            looks[-1].append(found[1])
    return looks


@pytest.fixture
def rehearsal(binary, tmp_path):
    """A thousand instances on which nothing is copied or run."""
    made = []

    def make(*faults, configuration):
        words = [word for fault in faults for word in ("--fault", fault)]
        made.append(Fleet(binary, tmp_path, INSTANCES, "--simulate", *words))
        made[-1].repository(configuration=f"CodeDeployDefault.{configuration}")
        return made[-1]

    yield make
    for one in made:
        one.close()


def begin(fleet):
    """Makes a deployment and watches it: the watch, which tells what it sees in a file."""
    made = fleet.run("deploy", "--no-watch", "--progress", "json")
    assert made.returncode == 0, made.stderr
    id = json.loads(made.stdout.splitlines()[-1])["deployment_id"]
    with open(fleet.folder / "told", "w") as told:
        return subprocess.Popen(
            [fleet.binary, "watch", id, "--progress", "json"], env=fleet.environment,
            cwd=fleet.folder / "repository", stdout=told,
        )


def told(fleet):
    return [json.loads(line) for line in (fleet.folder / "told").read_text().splitlines()]


def log_of(fleet):
    return fleet.folder / "sandbox.log"


def until_looks(fleet, watch, count):
    """Waits until there were so many looks, the last of them whole; then leaves."""
    while len(looks_in(log_of(fleet))) <= count:
        assert watch.poll() is None
        try:
            watch.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
    watch.send_signal(signal.SIGINT)
    assert watch.wait(30) == 130
    return looks_in(log_of(fleet))[:count], told(fleet)


def test_those_that_wait_are_not_asked_about(rehearsal):
    # The first instance keeps the others waiting.
    fleet = rehearsal("shop/web:1 silent", configuration="OneAtATime")
    looks, lines = until_looks(fleet, begin(fleet), 9)
    batches = [look.count("BatchGetDeploymentTargets") for look in looks]
    assert max(batches) <= 8
    # The first ones see every target once; then only the one that is under way is asked about.
    assert sum(batches[:6]) <= INSTANCES / BATCH + 6
    for look in looks[6:]:
        assert look == ["BatchGetDeploymentTargets"]
    assert len({line["target"] for line in lines if line["event"] == "target"}) == INSTANCES


def test_a_thousand_under_way_are_asked_about_in_rotation(rehearsal):
    fleet = rehearsal("shop/web silent", configuration="AllAtOnce")
    looks, lines = until_looks(fleet, begin(fleet), 8)
    for look in looks[1:]:
        assert look.count("BatchGetDeploymentTargets") <= 8
        assert look.count("ListDeploymentTargets") <= 1
    assert len({line["target"] for line in lines if line["event"] == "target"}) == INSTANCES


def test_in_the_end_everything_is_known(rehearsal):
    fleet = rehearsal(configuration="OneAtATime")
    watch = begin(fleet)
    assert watch.wait(120) == 0
    last = {line["target"]: line["status"] for line in told(fleet) if line["event"] == "target"}
    assert len(last) == INSTANCES
    assert set(last.values()) == {"Succeeded"}
    looks = looks_in(log_of(fleet))
    # All but the last, which reads what is left, and the list at both ends, in pages.
    for look in looks[:-1]:
        assert look.count("BatchGetDeploymentTargets") <= 8
