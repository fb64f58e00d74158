"""The live screen of the real program on a pseudo-terminal, against the sandbox."""

import json
import os
import signal
import subprocess
import time

import boto3
import pytest
from botocore.client import Config
from terminal import ENTER, TAB, Session

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
    def __init__(self, binary, folder, instances):
        self.binary, self.folder = str(binary), folder
        self.log = open(folder / "sandbox.log", "w")
        self.process = subprocess.Popen(
            [self.binary, "sandbox", "--state", str(folder / "state"), "--json", "--unconfined",
             "--bucket", "revisions,versioned", "--group", f"shop/web:{instances}"],
            stdout=subprocess.PIPE, stderr=self.log, env=self.plain, text=True,
        )
        facts = json.loads(self.process.stdout.readline())
        self.instances = facts["instances"]["web"]
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

    def repository(self, validate="#!/bin/sh\n", before="#!/bin/sh\n", configuration=None):
        top = self.folder / "repository"
        (top / "scripts").mkdir(parents=True)
        (top / "page.html").write_text("hello\n")
        (top / "appspec.yml").write_text(APPSPEC)
        (top / "circle.yml").write_text(
            CIRCLE.format(configuration=configuration or "CodeDeployDefault.OneAtATime"))
        scripts = {"before": before, "after": AFTER, "validate": validate}
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

    def make(instances):
        made.append(Fleet(binary, tmp_path, instances))
        return made[-1]

    yield make
    for one in made:
        one.close()


def waits_for(name):
    """A hook that waits for a file in the root of its instance."""
    return f'#!/bin/sh\nuntil [ -e "$SLIPWAY_INSTANCE_ROOT/{name}" ]; do sleep 0.05; done\n'


def release(fleet, name):
    for instance in fleet.instances:
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
        seconds = time.monotonic() - failed_at
        assert unlucky["id"] in screen.text
        assert "scripts/after" in screen.flat and "ScriptFailed" in screen.flat
        assert "does not answer" in screen.flat
        assert r"\e[31m" in screen.flat, "the log's escape is shown, not obeyed"
        # The budget is two seconds; a machine that runs other tests gets more.
        assert seconds < 10, seconds
        screen.send("q")
        assert screen.until_end() == 130
        screen.assert_as_before()
        assert "slipway watch d-" in screen.flat
    deployment = screen_id(fleet)
    with fleet.on_terminal("watch", deployment, columns=columns, lines=lines) as screen:
        screen.until("last words of the script")
        assert unlucky["id"] in screen.text and "scripts/after" in screen.flat
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
    with fleet.on_terminal("deploy") as screen:
        screen.until("BfIn")
        screen.signal(number)
        assert screen.until_end() in (130, -number)
        screen.assert_as_before()
    release(fleet, "go")
    assert fleet.run("watch", screen_id(fleet), "--progress", "plain").returncode == 0


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
            screen.until("in progress, alice on laptop asked to stop it")
        release(fleet, "go")
        assert bob.until_end() == 4
        assert "shop: stopped by alice on laptop after" in bob.flat
        assert "MANUAL_STOP: The deployment was stopped by a user." in bob.flat
        alice.until("stopped by alice on laptop")
        alice.until("took")
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
    [record] = json.loads(fleet.run("deployments", *PROJECT, "--json").stdout)
    assert (record["result"], record["stop"]) == ("stopped", None)
