"""The live screen of the real program on a pseudo-terminal, against the sandbox."""

import json
import os
import signal
import subprocess
import time

import pytest
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

    def on_terminal(self, *words, **size):
        return Session(
            [self.binary, *words], self.environment, str(self.folder / "repository"), **size)

    def run(self, *words):
        return subprocess.run(
            [self.binary, *words], env=self.environment, capture_output=True, text=True,
            cwd=self.folder / "repository",
        )

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
    import boto3

    client = boto3.client(
        "codedeploy", endpoint_url=fleet.environment["AWS_ENDPOINT_URL"],
        region_name="us-east-1", aws_access_key_id=fleet.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=fleet.environment["AWS_SECRET_ACCESS_KEY"],
    )
    return client.list_deployments(
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
        one.until("stopped")
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
        screen.until(f"2 ✗ shop {bad} 2/2, 2 failed")
        assert f"1 ▸ shop {good} 0/2" in screen.flat
        assert "2 running" in screen.flat and "last words" not in screen.flat
        screen.send("n")
        screen.until("last words of the script")
        assert "ScriptFailed" in screen.flat
        screen.send("1")
        screen.until("2 running")
        assert "last words" not in screen.flat
        release(fleet, "go")
        screen.until(f"1 ✓ shop {good} 2/2")
        assert f"2 ✗ shop {bad} 2/2, 2 failed" in screen.flat
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
