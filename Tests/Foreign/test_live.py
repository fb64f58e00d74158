"""The live screen of the real program on a pseudo-terminal, against the sandbox."""

import collections
import fcntl
import json
import os
import platform
import re
import signal
import subprocess
import termios
import time

import boto3
import pytest
from botocore.client import Config
from terminal import ENTER, TAB, Session, control

APPSPEC = """version: 0.0
os: linux
files:
  - source: /page.html
    destination: /srv/www
hooks:
  BeforeInstall:
    - location: scripts/before
  AfterInstall:
    - location: scripts/after
  ValidateService:
    - location: scripts/validate
"""
CIRCLE = """deployment:
  production:
    branch: master
    codedeploy:
      shop:
        deployment_group: web
        deployment_config: {configuration}
        application_root: /
        region: us-east-1
        revision_location:
          revision_type: S3
          s3_location:
            bucket: revisions
            key_pattern: shop-{{COMMIT}}
"""
# Fails on the one instance whose root has the mark.
AFTER = """#!/bin/sh
echo "asking the database for its version"
if [ -e /unlucky ]; then
    printf 'the database \\033[31mdoes not answer\\033[0m\\n' >&2
    echo "last words of the script" >&2
    exit 3
fi
"""


class Fleet:
    def __init__(self, binary, folder, instances, *words):
        self.binary, self.folder = str(binary), folder
        self.log = open(folder / "sandbox.log", "w")
        self.process = subprocess.Popen(
            [self.binary, "sandbox", "--state", str(folder / "state"), "--json", "--unconfined",
             "--bucket", "revisions,versioned", "--group", f"shop/web:{instances}", *words],
            stdout=subprocess.PIPE, stderr=self.log, env=self.plain, text=True,
        )
        facts = json.loads(self.process.stdout.readline())
        self.groups = facts["instances"]
        self.instances = self.groups["web"]
        self.environment = self.plain | {
            "AWS_ENDPOINT_URL": facts["endpoint"],
            "AWS_ACCESS_KEY_ID": facts["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": facts["secret_access_key"],
            "AWS_REGION": "us-east-1",
            "TERM": "xterm-256color",
        }

    @property
    def plain(self):
        return {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8",
            "XDG_DATA_HOME": str(self.folder / "data"), "SLIPWAY_COMMIT": "c" * 40,
            "XDG_CONFIG_HOME": str(self.folder / "config"), "SLIPWAY_BRANCH": "master",
        }

    def repository(
        self, validate="#!/bin/sh\n", before="#!/bin/sh\n", after=AFTER, configuration=None
    ):
        top = self.folder / "repository"
        (top / "scripts").mkdir(parents=True)
        (top / "page.html").write_text("hello\n")
        (top / "appspec.yml").write_text(APPSPEC)
        (top / "circle.yml").write_text(
            CIRCLE.format(configuration=configuration or "CodeDeployDefault.OneAtATime"))
        scripts = {"before": before, "after": after, "validate": validate}
        for name, text in scripts.items():
            (top / "scripts" / name).write_text(
                text.replace("/unlucky", "$SLIPWAY_INSTANCE_ROOT/unlucky"))
            (top / "scripts" / name).chmod(0o755)
        subprocess.run(["git", "init", "-q", "-b", "master", str(top)], check=True)
        return top

    def on_terminal(self, *words, who=None, **size):
        return Session(
            [*self.acting_as(who), self.binary, *words], self.environment,
            str(self.folder / "repository"), **size)

    def run(self, *words, who=None):
        with self.start(*words, who=who) as process:
            output, errors = process.communicate()
        return subprocess.CompletedProcess(words, process.returncode, output, errors)

    def start(self, *words, who=None):
        return subprocess.Popen(
            [*self.acting_as(who), self.binary, *words], env=self.environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=self.folder / "repository", start_new_session=True,
        )

    def acting_as(self, who):
        """What makes a program the user of a name, on a host of a name: `alice@ci-7`."""
        if who is None:
            return []
        name, host = who.split("@")
        users = self.folder / f"users-of-{name}"
        users.write_text(f"{name}:x:{os.geteuid()}:{os.getegid()}::/:/bin/sh\n")
        return [
            "bwrap", "--dev-bind", "/", "/", "--ro-bind", users, "/etc/passwd",
            "--unshare-user", "--unshare-uts", "--hostname", host,
        ]

    def client(self):
        """CodeDeploy, seen past slipway."""
        return boto3.client(
            "codedeploy", endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            region_name="us-east-1", aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"total_max_attempts": 1}),
        )

    def amid(self, *faults):
        """From now on these things go wrong, and no others."""
        new = self.folder / "faults"
        new.write_text("".join(f"{fault}\n" for fault in faults))
        new.rename(self.folder / "state/faults")

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0
        self.log.close()


@pytest.fixture
def fleet(binary, tmp_path):
    made = []

    def make(instances, *words):
        made.append(Fleet(binary, tmp_path, instances, *words))
        return made[-1]

    yield make
    for one in made:
        one.close()


def waits_for(name):
    """A hook that waits for a file in the root of its instance."""
    return f'#!/bin/sh\nuntil [ -e "$SLIPWAY_INSTANCE_ROOT/{name}" ]; do sleep 0.05; done\n'


def release(fleet, name, group="web"):
    for instance in fleet.groups[group]:
        os.makedirs(instance["root"], exist_ok=True)
        open(os.path.join(instance["root"], name), "w").close()


@pytest.mark.parametrize("columns, lines", [(80, 24), (120, 40)])
def test_the_failing_instance_its_script_and_its_log_are_seen_without_a_key(
    fleet, columns, lines
):
    fleet = fleet(9)
    fleet.repository(validate=waits_for("done"), configuration="CodeDeployDefault.AllAtOnce")
    unlucky = fleet.instances[4]
    os.makedirs(unlucky["root"], exist_ok=True)
    open(os.path.join(unlucky["root"], "unlucky"), "w").close()
    with fleet.on_terminal("deploy", columns=columns, lines=lines) as screen:
        log = os.path.dirname(unlucky["root"])

        def script_failed():
            for folder, _, files in os.walk(log):
                if "scripts.log" in files:
                    with open(os.path.join(folder, "scripts.log")) as file:
                        if "last words" in file.read():
                            return True
            return False

        screen.until(script_failed, "the script to fail")
        failed_at = time.monotonic()
        screen.until("last words of the script")
        # The log's escape is shown, not obeyed.
        screen.until_all(
            unlucky["id"], "scripts/after", "ScriptFailed", "does not answer", r"\e[31m"
        )
        seconds = time.monotonic() - failed_at
        # The budget is two seconds; a machine that runs other tests gets more.
        assert seconds < 10, seconds
        screen.send("q")
        assert screen.until_end() == 130
        screen.assert_as_before()
        assert "slipway watch d-" in screen.flat
    deployment = screen_id(fleet)
    with fleet.on_terminal("watch", deployment, columns=columns, lines=lines) as screen:
        screen.until_all("last words of the script", unlucky["id"], "scripts/after")
        release(fleet, "done")
        assert screen.until_end() == 0
        # What failed stays on the normal screen.
        assert "last words of the script" in screen.flat and unlucky["id"] in screen.flat


def screen_id(fleet):
    return fleet.client().list_deployments(
        applicationName="shop", deploymentGroupName="web")["deployments"][0]


def test_two_watchers_and_a_stop_from_one(fleet):
    fleet = fleet(3)
    fleet.repository(before=waits_for("go"))
    with fleet.on_terminal("deploy") as one:
        one.until("in progress")
        one.until("BfIn")
        with fleet.on_terminal("watch", screen_id(fleet)) as other:
            other.until("in progress")
            one.send("s")
            one.until("Stop and roll back")
            one.send(TAB, TAB, ENTER)
            release(fleet, "go")
            # Keys were pressed: the first stays until it is left.
            assert other.until_end() == 4
            assert "stopped" in other.flat.lower()
            assert "MANUAL_STOP" in other.flat
            other.assert_as_before(has_second_screen=False)
        one.until("took")
        one.send("q")
        assert one.until_end() == 4


def test_a_deployment_that_succeeds_ends_the_screen(fleet):
    fleet = fleet(2)
    fleet.repository()
    with fleet.on_terminal("deploy") as screen:
        assert screen.until_end() == 0
        assert "succeeded" in screen.flat
        screen.assert_as_before()


def test_a_deployment_that_had_ended_is_shown_until_it_is_left(fleet):
    fleet = fleet(1)
    fleet.repository()
    assert fleet.run("deploy").returncode == 0
    with fleet.on_terminal("watch", screen_id(fleet)) as screen:
        screen.until("took")
        # What was typed behind the key that leaves is not for the shell.
        screen.send("qls\r")
        assert screen.until_end() == 0
        screen.assert_as_before()
        waiting = fcntl.ioctl(screen.slave, termios.FIONREAD, b"\0" * 4)
        assert waiting == b"\0" * 4


def test_a_screen_needs_a_terminal(fleet):
    fleet = fleet(1)
    fleet.repository()
    answer = fleet.run("deploy", "--progress", "screen")
    assert answer.returncode == 64
    assert "needs a terminal" in answer.stderr
    assert fleet.run("deploy").returncode == 0, "auto prints lines"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_gives_the_terminal_back_and_the_deployment_goes_on(fleet, number):
    fleet = fleet(1)
    fleet.repository(before=waits_for("go"))
    fleet.run("project", "add", "acme/shop")
    with fleet.on_terminal("deploy", *PROJECT) as screen:
        screen.until("BfIn")
        # A question that is open does not keep it.
        screen.send("s")
        screen.until("Stop and roll back")
        screen.signal(number)
        assert screen.until_end() == 130
        screen.assert_as_before()
        deployment = screen_id(fleet)
        assert f"slipway watch {deployment}" in screen.flat
    [record] = json.loads(fleet.run("deployments", *PROJECT, "--json").stdout)
    assert (record["result"], record["deployment_id"]) == ("interrupted", deployment)
    release(fleet, "go")
    assert fleet.run("watch", deployment, "--progress", "plain").returncode == 0


def test_leaving_while_it_is_rolled_back_tells_of_both(fleet):
    fleet = fleet(1)
    # Each deployment needs to be let go.
    fleet.repository(before=waits_for("go") + 'rm "$SLIPWAY_INSTANCE_ROOT/go"\n')
    fleet.run("project", "add", "acme/shop")
    release(fleet, "go")
    assert fleet.run("deploy", *PROJECT).returncode == 0
    with fleet.on_terminal("deploy", *PROJECT) as screen:
        screen.until("▸ BeforeInstall running")
        stopped = screen_id(fleet)
        screen.send("s")
        screen.until("Stop and roll back")
        screen.send(TAB, ENTER)
        screen.until("asked to stop it")
        release(fleet, "go")
        screen.until("rollback d-")
        screen.until("1 running")
        rollback = screen_id(fleet)
        assert rollback != stopped
        screen.send("q")
        assert screen.until_end() == 4
        assert f"the rollback {rollback} goes on" in screen.flat
        assert f"slipway watch {rollback} --region us-east-1 attaches again" in screen.flat
        assert "shop: stopped" in screen.flat and "interrupted" not in screen.flat
    release(fleet, "go")
    assert fleet.run("watch", rollback, "--progress", "plain").returncode == 0
    record = json.loads(fleet.run("deployments", *PROJECT, "--json").stdout)[0]
    assert (record["result"], record["deployment_id"]) == ("stopped", stopped)
    assert record["rollback_id"] == rollback


def test_a_signal_is_one_wish_to_leave(fleet):
    fleet = fleet(1)
    fleet.repository(before=waits_for("go"))
    fleet.amid("codedeploy.CreateDeployment latency=3s")
    with fleet.on_terminal("deploy") as screen:
        screen.until("creating the deployment")
        screen.signal(signal.SIGTERM)
        assert screen.until_end() == 130
        assert f"slipway watch {screen_id(fleet)}" in screen.flat
    release(fleet, "go")


def test_the_third_signal_gives_the_terminal_back_too(fleet):
    fleet = fleet(1)
    fleet.repository(before=waits_for("go"))
    with fleet.on_terminal("deploy") as screen:
        screen.until("▸ BeforeInstall running")
        main = f"/proc/{screen.process.pid}/task/{screen.process.pid}"
        # A terminal that takes nothing any more holds the screen up, which cannot be left then.
        for turn in range(100):
            if is_writing(main):
                break
            screen._set_size(900, 199 + turn % 2)
            time.sleep(0.05)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            screen.signal(number)
        assert screen.process.wait(30) == 130
        assert screen.modes() == screen.modes_before
    release(fleet, "go")


def is_writing(task):
    """Whether a thread waits in the system call `write`, as far as the kernel tells everybody."""
    try:
        with open(f"{task}/syscall") as file:
            return platform.machine() == "x86_64" and file.read().split()[0] == "1"
    except PermissionError:
        return False


def test_who_left_is_told_what_is_waited_for_and_need_not_wait(fleet):
    fleet = fleet(1)
    fleet.repository(before=waits_for("go"))
    fleet.amid("codedeploy.CreateDeployment latency=50s")
    with fleet.on_terminal("deploy", columns=160) as screen:
        screen.until("creating the deployment")
        screen.send("q")
        screen.until("Leaving does not stop it")
        screen.send(TAB, ENTER)
        screen.until("waiting for the answer to CreateDeployment, to tell you its id")
        screen.until("interrupt again to leave at once")
        screen.assert_as_before()
        began = time.monotonic()
        screen.send(control("c"))
        assert screen.until_end() == 130
        # Well before AWS answers.
        assert time.monotonic() - began < 30
        assert "whether it was made cannot be told" in screen.flat


def test_who_left_is_told_that_a_stop_is_under_way_and_what_came_of_it(fleet):
    fleet = fleet(1)
    fleet.repository(before=waits_for("go"))
    with fleet.on_terminal("deploy") as screen:
        screen.until("▸ BeforeInstall running")
        deployment = screen_id(fleet)
        fleet.amid("codedeploy.StopDeployment latency=2s")
        screen.send("s")
        screen.until("Stop and roll back")
        screen.send(TAB, TAB, ENTER)
        screen.until("stopping")
        screen.send("q")
        screen.until(f"waiting until AWS has taken the order to stop {deployment}")
        screen.until(f"{deployment} will stop")
        assert screen.until_end() == 130
        screen.assert_as_before()
    release(fleet, "go")


def test_the_admin_ui_shows_a_deployment_and_comes_back(fleet):
    fleet = fleet(2)
    fleet.repository()
    fleet.run("project", "add", "acme/shop")
    fleet.environment["SLIPWAY_DATABASE"] = str(fleet.folder / "data/slipway/slipway.db")
    assert fleet.run("deploy", "--project", "acme/shop").returncode == 0
    deployment = screen_id(fleet)
    with fleet.on_terminal() as screen:
        screen.until("acme/shop")
        screen.send(ENTER)
        screen.until("Deployments")
        screen.send("jjj")
        screen.until(lambda: "▸ Deployments" in screen.text, "Deployments to be chosen")
        screen.send(ENTER)
        screen.until("succeeded")
        screen.send(ENTER)
        screen.until(deployment)
        screen.until("2/2 done")
        screen.send("q")
        screen.until("RESULT")
        screen.send("Q")
        assert screen.until_end() == 0


def test_what_is_deployed_from_the_screen_is_in_the_history(fleet):
    fleet = fleet(2)
    fleet.repository()
    fleet.run("project", "add", "acme/shop")
    with fleet.on_terminal("deploy", "--project", "acme/shop") as screen:
        # A key, so that the screen stays when the deployment is over.
        screen.until("in progress")
        screen.send("j")
        screen.until("r redeploy")
        screen.send("r")
        screen.until("Deploy again")
        screen.send("y")
        screen.until("2 of 2")
        screen.until("2/2 done")
        screen.until("succeeded")
        screen.send("q")
        assert screen.until_end() == 0
    listed = json.loads(fleet.run("deployments", "--project", "acme/shop", "--json").stdout)
    records = listed["deployments"] if isinstance(listed, dict) else listed
    assert len(records) == 2
    assert {record["section"] for record in records} == {"production"}


def test_a_rollback_from_the_screen_goes_back_to_another_revision(fleet):
    fleet = fleet(1)
    page = fleet.repository() / "page.html"
    fleet.run("project", "add", "acme/shop")

    def deploy_twice(commit):
        page.write_text(commit)
        fleet.environment["SLIPWAY_COMMIT"] = commit * 40
        assert fleet.run("deploy", *PROJECT).returncode == 0
        assert fleet.run("redeploy", *PROJECT, "--yes").returncode == 0

    def roll_back(screen):
        screen.until("succeeded")
        screen.send("b")
        screen.until("Roll back?")
        screen.send("y")

    # AWS calls the very same revision what was there before.
    deploy_twice("a")
    with fleet.on_terminal("watch", screen_id(fleet), *PROJECT) as screen:
        roll_back(screen)
        screen.until("no other revision is known that succeeded before")
        screen.send("q")
        assert screen.until_end() == 0
    deploy_twice("b")
    with fleet.on_terminal("watch", screen_id(fleet), *PROJECT) as screen:
        roll_back(screen)
        screen.until("2 of 2")
        screen.until("1/1 done")
        screen.send("q")
        screen.until_end()
    info = fleet.client().get_deployment(deploymentId=screen_id(fleet))["deploymentInfo"]
    assert info["revision"]["s3Location"]["key"] == "shop-" + "a" * 40


def two_deployments(fleet, top):
    """One to the group `web` and one to `api`; returns their ids."""
    ids = []
    for group in ("web", "api"):
        circle = (top / "circle.yml").read_text()
        (top / "circle.yml").write_text(
            circle.replace("deployment_group: web", f"deployment_group: {group}"))
        made = fleet.run("deploy", "--no-watch", "--progress", "json")
        assert made.returncode == 0, made.stderr
        ids.append(json.loads(made.stdout.splitlines()[-1])["deployment_id"])
    return ids


def test_two_deployments_in_tabs_of_which_one_fails(fleet):
    fleet = fleet(2, "--group", "shop/api:2")
    top = fleet.repository(
        before=waits_for("go"), configuration="CodeDeployDefault.AllAtOnce")
    for instance in fleet.groups["api"]:
        os.makedirs(instance["root"], exist_ok=True)
        open(os.path.join(instance["root"], "unlucky"), "w").close()
    good, bad = two_deployments(fleet, top)
    with fleet.on_terminal("watch", good, bad, columns=100, lines=50) as screen:
        screen.until(f"1 ▸ shop {good} 0/2")
        screen.until(f"2 ▸ shop {bad} 0/2")
        release(fleet, "go", "api")
        # Seen from the tab of the other, which is as it was.
        screen.until_all(
            f"2 ✗ shop {bad} 2/2, 2 failed", f"1 ▸ shop {good} 0/2", "2 running"
        )
        assert "last words" not in screen.flat
        screen.send("n")
        screen.until_all("last words of the script", "ScriptFailed")
        screen.send("1")
        screen.until(lambda: "2 running" in screen.flat and "last words" not in screen.flat)
        release(fleet, "go")
        screen.until_all(f"1 ✓ shop {good} 2/2", f"2 ✗ shop {bad} 2/2, 2 failed")
        # Keys were pressed: it stays until it is left.
        screen.send("q")
        assert screen.until_end() == 1
        assert "succeeded after" in screen.flat and good in screen.flat
        assert "last words of the script" in screen.flat and bad in screen.flat
        screen.assert_as_before()


def test_two_deployments_in_tabs_end_the_screen_with_the_last(fleet):
    fleet = fleet(1, "--group", "shop/api:1")
    top = fleet.repository(before=waits_for("go"))
    ids = two_deployments(fleet, top)
    with fleet.on_terminal("watch", *ids) as screen:
        screen.until("1 of 2")
        release(fleet, "go", "api")
        screen.until("2 ✓")
        release(fleet, "go")
        assert screen.until_end() == 0
        assert all(id in screen.flat for id in ids)


def two_applications(fleet):
    """A repository of which one deploy is of `shop` to `web` and then of `worker` to `jobs`."""
    top = fleet.repository(before=waits_for("go"))
    circle = (top / "circle.yml").read_text()
    second = circle[circle.index("      shop:"):].replace("shop", "worker").replace("web", "jobs")
    (top / "circle.yml").write_text(circle + second)


def test_two_applications_of_one_deploy(fleet):
    fleet = fleet(1, "--group", "worker/jobs:1")
    two_applications(fleet)
    with fleet.on_terminal("deploy", columns=100) as screen:
        screen.until("application 1 of 2")
        screen.until_all("1 ▸ shop d-", "2 · worker waiting")
        first = screen_id(fleet)
        release(fleet, "go")
        screen.until("application 2 of 2")
        screen.until_all("2 ▸ worker d-", f"1 ✓ shop {first} 1/1")
        screen.send("q")
        assert screen.until_end() == 130
        assert "before that: shop (application 1 of 2): succeeded after" in screen.flat
        assert f"1 of 1 instance succeeded: {first}" in screen.flat
        assert "worker (application 2 of 2): interrupted" in screen.flat
        screen.assert_as_before()
    release(fleet, "go", "jobs")


def test_leaving_the_first_of_two_applications_says_what_is_not_deployed(fleet):
    fleet = fleet(1, "--group", "worker/jobs:1")
    two_applications(fleet)
    with fleet.on_terminal("deploy") as screen:
        screen.until("1 ▸ shop d-")
        screen.send("q")
        screen.until("worker will not be deployed.")
        screen.send(TAB, ENTER)
        assert screen.until_end() == 130
        assert "not begun: worker" in screen.flat and "slipway watch d-" in screen.flat
    release(fleet, "go")


def test_several_deployments_are_told_of_in_lines_too(fleet):
    fleet = fleet(1, "--group", "shop/api:1")
    top = fleet.repository()
    os.makedirs(fleet.groups["api"][0]["root"], exist_ok=True)
    open(os.path.join(fleet.groups["api"][0]["root"], "unlucky"), "w").close()
    ids = two_deployments(fleet, top)
    told = fleet.run("watch", *ids, "--progress", "json")
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert told.returncode == 1
    assert [line["event"] for line in lines[-2:]] == ["result", "result"]
    assert [line["deployment_id"] for line in lines[-2:]] == ids
    assert [line["exit_code"] for line in lines[-2:]] == [0, 1]
    about = [line["deployment_id"] for line in lines if line.get("code") != "keys-from-environment"]
    assert set(about) == {*ids}
    plain = fleet.run("watch", *ids, "--progress", "plain")
    assert plain.returncode == 1
    results = plain.stdout.splitlines()
    assert len(results) == 2 and ids[0] in results[0] and ids[1] in results[1]
    assert f"{ids[1]}    | " in plain.stderr and "last words of the script" in plain.stderr
    assert fleet.run("watch", ids[0], "no id").returncode == 64


# Who stops a deployment.

PROJECT = ("--project", "acme/shop")
ALICE, BOB = "alice@laptop", "bob@ci-7"


@pytest.fixture
def watched(fleet):
    """A fleet that waits in a hook, with a project in a store and a deployment of bob's."""
    fleet = fleet(3)
    fleet.repository(before=waits_for("go"))
    fleet.run("project", "add", "acme/shop")
    with fleet.on_terminal("deploy", *PROJECT, who=BOB) as bob:
        bob.until("BfIn")
        yield fleet, bob, screen_id(fleet)


def stop(screen):
    screen.until("s stop")
    screen.send("s")
    screen.until("Stop and roll back")
    screen.send(TAB, TAB, ENTER)


def result_of(process):
    output, errors = process.communicate(timeout=30)
    return process.returncode, output, errors


def test_a_stop_from_one_screen_says_who_everywhere(watched):
    fleet, bob, deployment = watched
    words = ("watch", deployment, *PROJECT, "--progress")
    plain, lines = fleet.start(*words, "plain"), fleet.start(*words, "json")
    with fleet.on_terminal("watch", deployment, *PROJECT, who=ALICE) as alice:
        alice.until("in progress")
        stop(alice)
        # All know of it while the instance still finishes what it does.
        for screen in (alice, bob):
            screen.until("stopping, alice on laptop asked to stop it")
        release(fleet, "go")
        assert bob.until_end() == 4
        assert "shop: stopped by alice on laptop after" in bob.flat
        assert "MANUAL_STOP: The deployment was stopped by a user." in bob.flat
        alice.until("stopped by alice on laptop")
        alice.until("took")
        # Painted below the rest, and read later perhaps.
        alice.until("the deployment was stopped before this was through")
        alice.send("q")
        assert alice.until_end() == 4
        assert "shop: stopped by alice on laptop after" in alice.flat

    status, output, errors = result_of(plain)
    assert status == 4
    assert output.startswith("shop: stopped by alice on laptop after"), output
    assert f"  alice on laptop asked to stop {deployment}\n" in errors
    assert "CloudTrail" not in errors, "who it was is known"

    status, output, _ = result_of(lines)
    events = [json.loads(line) for line in output.splitlines()]
    told = events[-1]["stop"]
    assert status == events[-1]["exit_code"] == 4
    assert (told["user"], told["host"], told["rolls_back"]) == ("alice", "laptop", False)
    asked = [event for event in events if event.get("code") == "stop-asked"]
    assert [event["stop"] for event in asked] == [told]

    [record] = json.loads(fleet.run("deployments", *PROJECT, "--json").stdout)
    assert (record["result"], record["stop"]) == ("stopped", told)
    assert "stopped by alice on laptop" in fleet.run("deployments", *PROJECT).stdout
    audit = json.loads(fleet.run("audit", *PROJECT, "--all", "--json").stdout)
    rows = [row for row in audit if row["action"].startswith("deploy-stop")]
    assert {(row["user"], row["host"]) for row in rows} == {("alice", "laptop")}
    assert [row["subject"] for row in rows] == [deployment] * 2
    assert fleet.run("audit", "verify").returncode == 0


def test_slipway_stop_says_who_too(watched):
    fleet, bob, deployment = watched
    answer = fleet.run("stop", deployment, *PROJECT, "--yes", "--no-watch", who=ALICE)
    assert answer.returncode == 0, answer
    bob.until("alice on laptop asked to stop it")
    release(fleet, "go")
    assert bob.until_end() == 4
    assert "stopped by alice on laptop" in bob.flat


def test_of_a_stop_from_elsewhere_only_what_aws_says_is_said(watched):
    fleet, bob, deployment = watched
    # An order that AWS refuses names nobody.
    fleet.amid("codedeploy.StopDeployment deny")
    with fleet.on_terminal("watch", deployment, *PROJECT, who=ALICE) as alice:
        stop(alice)
        alice.until("StopDeployment")
        alice.send("q")
        assert alice.until_end() == 130
    fleet.amid()
    fleet.client().stop_deployment(deploymentId=deployment, autoRollbackEnabled=False)
    release(fleet, "go")
    assert bob.until_end() == 4
    assert "MANUAL_STOP: The deployment was stopped by a user." in bob.flat
    assert "CloudTrail" in bob.flat and "alice" not in bob.flat
    assert "which the stop kept from being through" in bob.flat
    assert "no agent" not in bob.flat
    [record] = json.loads(fleet.run("deployments", *PROJECT, "--json").stdout)
    assert (record["result"], record["stop"]) == ("stopped", None)


# Trouble with the connection.

POLLS = ("GetDeployment", "ListDeploymentTargets", "BatchGetDeploymentTargets")
TROUBLED_SECONDS = int(os.environ.get("SLIPWAY_TROUBLED_SECONDS", "10"))
# Words of the header, as far as they go in order, and AWS's for them.
STATUSES = {
    "created": "Created", "queued": "Queued", "in progress": "InProgress",
    "succeeded": "Succeeded", "failed": "Failed",
}
COUNTS = {
    "failed": "Failed", "running": "InProgress", "succeeded": "Succeeded", "ready": "Ready",
    "waiting": "Pending", "skipped": "Skipped",
}
SIGNS = {"·": "Pending", "▸": "InProgress", "✓": "Succeeded", "✗": "Failed", "–": "Skipped"}
DONE = ("Succeeded", "Failed", "Skipped")

Look = collections.namedtuple("Look", "status counts targets")


def shown(screen):
    """What the screen says of the deployment; nil before it says anything."""
    header = re.search(r"^ \S d-\w+  (.+?)(?:   |$)", screen.text, re.MULTILINE)
    counts = re.search(r"(\d+)/(\d+) done: (.+?)(?:   |$)", screen.text, re.MULTILINE)
    if not header or not counts:
        return None
    parts = [part.split(" ", 1) for part in counts[3].split(", ")]
    look = Look(
        STATUSES[header[1]], {COUNTS[word]: int(number) for number, word in parts},
        {row[2]: SIGNS[row[1]] for row in re.finditer(
            r"^ [▸ ] (\S) (i-\w+)", screen.text, re.MULTILINE)},
    )
    assert int(counts[1]) == sum(look.counts.get(status, 0) for status in DONE)
    assert int(counts[2]) == sum(look.counts.values())
    return look


def truth(client, deployment, instances):
    """What AWS says of it, by other operations than those that the screen polls."""
    [info] = client.batch_get_deployments(deploymentIds=[deployment])["deploymentsInfo"]
    targets = client.batch_get_deployment_instances(
        deploymentId=deployment, instanceIds=instances).get("instancesSummary", [])
    return Look(
        info["status"], info.get("deploymentOverview", {}),
        {target["instanceId"].rsplit("/", 1)[-1]: target["status"] for target in targets},
    )


def is_behind(seen, real):
    """Whether what was seen can have come before what is real: nothing goes backwards."""
    order = list(STATUSES.values())
    steps = {"Pending": 0, "InProgress": 1}
    return (
        order.index(seen.status) <= order.index(real.status)
        and (seen.status == real.status or seen.status not in ("Succeeded", "Failed"))
        and all(seen.counts.get(status, 0) <= real.counts.get(status, 0) for status in DONE)
        and seen.counts.get("Pending", 0) >= real.counts.get("Pending", 0)
        and all(
            status == real.targets[id]
            or steps.get(status, 2) < steps.get(real.targets[id], 2)
            for id, status in seen.targets.items() if id in real.targets
        )
    )


@pytest.mark.parametrize(
    "trouble, fails", [("throttle", False), ("reset", True)], ids=["throttled", "reset"])
def test_with_every_third_poll_in_trouble_the_screen_is_true_and_the_result_right(
    fleet, trouble, fails
):
    """A deployment of SLIPWAY_TROUBLED_SECONDS."""
    fleet = fleet(5)
    # So many pauses does it take until the last, or the failing, instance is through.
    pause = f"#!/bin/sh\nsleep {TROUBLED_SECONDS / (7 if fails else 10)}\n"
    runs = fleet.folder / "runs"
    # Fails on the fourth of the five instances, whichever that is.
    fourth = f'echo >> {runs}; [ "$(wc -l < {runs})" -ne 4 ] || touch /unlucky\n'
    fleet.repository(
        before=pause, validate=pause,
        after=AFTER.replace("#!/bin/sh\n", "#!/bin/sh\n" + (fourth if fails else "")))
    instances = [instance["id"] for instance in fleet.instances]
    fleet.amid(*(f"codedeploy.{operation} {trouble} every=3" for operation in POLLS))
    client = fleet.client()
    began = time.monotonic()
    looks, past = [], []
    with fleet.on_terminal("deploy", columns=120, lines=40) as screen:
        screen.until("in progress")
        deployment = screen_id(fleet)
        while screen.process.poll() is None:
            while screen._read(0.1):
                pass
            seen = shown(screen)
            now, real = time.monotonic(), truth(client, deployment, instances)
            past.append((now, real))
            if seen is None:
                continue
            assert is_behind(seen, real), (seen, real, screen.text)
            assert not looks or is_behind(looks[-1], seen), (looks[-1], seen, screen.text)
            # It is late by a look and its retries, and not by more.
            older = [look for time, look in past if time < now - 10]
            assert not older or is_behind(older[-1], seen), (seen, older[-1], screen.text)
            looks.append(seen)
        assert screen.until_end() == (1 if fails else 0)
        struck = (fleet.folder / "sandbox.log").read_text().count("  fault: ")
        print(f"{len(looks)} looks in {time.monotonic() - began:.0f} s, {struck} polls in trouble")
        assert len(looks) > TROUBLED_SECONDS and struck > TROUBLED_SECONDS / 4
        assert {look.status for look in looks} >= {"InProgress"}
        end = truth(client, deployment, instances)
        assert end.status == ("Failed" if fails else "Succeeded")
        unlucky = [id for id, status in end.targets.items() if status == "Failed"]
        assert len(unlucky) == fails
        if fails:
            assert f"failed: {unlucky[0]} at AfterInstall" in screen.flat
            assert "last words of the script" in screen.flat
        assert f"shop: {'failed' if fails else 'succeeded'} after" in screen.flat


@pytest.mark.parametrize("trouble", ["throttle", "reset"])
def test_what_aws_does_not_answer_is_shown_as_old_and_not_made_up(fleet, trouble):
    fleet = fleet(1)
    fleet.repository(before=waits_for("go"), validate=waits_for("done"))
    instances = [instance["id"] for instance in fleet.instances]
    client = fleet.client()

    def in_trouble():
        return re.search(r"last answer \S+ ago|AWS does not answer", screen.flat)

    def at(event):
        return f"▸ {event} running" in screen.flat

    with fleet.on_terminal("deploy", columns=120, lines=40) as screen:
        screen.until(lambda: at("BeforeInstall"), "BeforeInstall to run")
        assert not in_trouble()
        deployment = screen_id(fleet)
        fleet.amid(f"codedeploy.GetDeployment {trouble}")
        screen.until(in_trouble, "the trouble to be seen")
        release(fleet, "go")
        while (event := truth_of_event(client, deployment, instances[0])) != "ValidateService":
            assert event is not None
            while screen._read(0.1):
                pass
        assert shown(screen).status == "InProgress" and at("BeforeInstall")
        fleet.amid()
        screen.until(lambda: at("ValidateService"), "ValidateService to run")
        assert not in_trouble()
        release(fleet, "done")
        assert screen.until_end() == 0


def truth_of_event(client, deployment, instance):
    """The lifecycle event that an instance is at; none when it is through."""
    [summary] = client.batch_get_deployment_instances(
        deploymentId=deployment, instanceIds=[instance])["instancesSummary"]
    running = [event["lifecycleEventName"] for event in summary["lifecycleEvents"]
               if event["status"] in ("Pending", "InProgress")]
    return running[0] if running else None
