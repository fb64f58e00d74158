"""`slipway deploy` and its kin against the sandbox: everything real but AWS itself."""

import json
import os
import re
import shutil
import signal
import tarfile
from pathlib import Path

import pytest
from conftest import PROJECT, REFERENCE_POLICY, peak_memory, wait_until
from deploying import (
    KEY, SAID_OTHERWISE, SANDBOX, Shop, deploy, events, history, last, leaves,
)  # fmt: skip

HOSTILE = "red \x1b[31m, title \x1b]0;gotcha\x07, back\x08, bidi \u202eevil\u2066, CSI \x9b2J"
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def shop(store, start):
    return Shop(store, start(*SANDBOX))


@pytest.fixture
def limited(store, start):
    """Where exactly what the reference document names is allowed."""
    policy = store.folder / "policy.json"
    policy.write_text(json.dumps(REFERENCE_POLICY))
    return Shop(store, start(*SANDBOX, "--policy", policy))


def objects(shop, prefix=""):
    found = shop.client("s3").list_object_versions(Bucket="revisions", Prefix=prefix)
    return [(version["Key"], version["VersionId"]) for version in found.get("Versions", [])]


# --- Memory


def test_an_upload_holds_few_parts(shop):
    words = ["deploy", "--project", PROJECT, "--no-watch", "--progress", "quiet"]
    alone = peak_memory(shop, words)
    with open(shop.work / "large", "wb") as file:
        # Deflate looks back 32 KiB, and does not see that it repeats.
        block = os.urandom(1 << 20)
        for _ in range(256):
            file.write(block)
    large = peak_memory(shop, [*words, "--when-busy", "wait"])
    # Four parts that are sent, and one that is filled; what packs them.
    assert large - alone < 56 << 20
    assert large < 128 << 20


# --- The least policy


@pytest.mark.parametrize("mode", ["plain", "json"])
def test_the_reference_policy_is_enough(limited, mode):
    result = deploy(limited, "--progress", mode)
    output = (result.stdout + result.stderr).decode()
    assert output.count("instances and lifecycle events are not shown") == 1
    assert "retry" not in output
    assert objects(limited)[0][0] == KEY
    assert list(limited.deployments().values()) == ["Succeeded"]
    assert [root / "srv/shop/page" for root in limited.roots()][0].read_text() == "hello"


def test_the_reference_policy_is_enough_for_a_fixed_key_in_a_versioned_bucket(limited):
    circle = limited.work / "circle.yml"
    circle.write_text(circle.read_text().replace("-{SHORT_COMMIT}-{BUILD_NUM}", ""))
    ends = []
    for content in ("first", "second"):
        (limited.work / "page").write_text(content)
        ends.append(last(deploy(limited, "--progress", "json")))
        assert (limited.roots()[0] / "srv/shop/page").read_text() == content
    assert [end["revision"]["key"] for end in ends] == ["apps/my-app"] * 2
    kept = {version for _, version in objects(limited)}
    assert {end["revision"]["version"] for end in ends} == kept
    assert len(kept) == 2
    # The object that was overwritten is there yet, and so is the way back.
    assert last(
        limited("rollback", "--yes", "--project", PROJECT, "--progress", "json")
    )["revision"] == ends[0]["revision"]
    assert (limited.roots()[0] / "srv/shop/page").read_text() == "first"


def test_an_upload_in_parts_needs_no_more_than_the_reference_policy(limited):
    (limited.work / "large").write_bytes(os.urandom(20 << 20))
    assert last(deploy(limited, "--progress", "json"))["revision"]["e_tag"].endswith("-3")


def test_what_iam_policy_prints_is_enough(store, start):
    shop = Shop(store, start(*SANDBOX))
    printed = shop("iam-policy", "--watch", "--project", PROJECT).stdout
    (store.folder / "policy.json").write_bytes(printed)
    shop.sandbox.process.kill()
    shop.sandbox.process.wait()
    sandbox = start(*SANDBOX, "--policy", store.folder / "policy.json")
    shop.home.environment["AWS_ENDPOINT_URL"] = sandbox.endpoint
    seen = {event["event"] for event in events(deploy(shop, "--progress", "json"))}
    assert {"target", "lifecycle"} <= seen


# --- Real trees


@pytest.mark.parametrize("name", ["docutils", "flask", "markupsafe"])
def test_what_arrives_is_the_tree(shop, trees, name, tmp_path):
    [archive] = trees.glob(f"{name}-*.tar.gz")
    with tarfile.open(archive) as tree:
        tree.extractall(tmp_path / "tree", filter="tar")
    [source] = (tmp_path / "tree").iterdir()
    shutil.copytree(source, shop.work, symlinks=True, dirs_exist_ok=True)
    odd = shop.work / "odd"
    (odd / "empty/in it").mkdir(parents=True)
    (odd / "with space + 100%").write_text("space")
    (odd / "größe-文件").write_bytes(b"")
    (odd / "runs").write_text("#!/bin/sh\n")
    (odd / "runs").chmod(0o751)
    (odd / "secret").write_text("s")
    (odd / "secret").chmod(0o600)
    (odd / "link").symlink_to("with space + 100%")
    (odd / "to-folder").symlink_to("empty")
    deploy(shop)
    [root] = shop.roots()
    assert tree_of(root / "srv/shop") == as_the_agent_leaves_it(tree_of(shop.work), shop.work)


def tree_of(root):
    """Each entry's kind, mode and content."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = Path(folder, name)
            place = str(path.relative_to(root))
            if path.is_symlink():
                found[place] = ("link", os.readlink(path))
            elif path.is_dir():
                found[place] = ("folder", None)
            else:
                found[place] = (path.stat().st_mode & 0o7777, path.read_bytes())
    return {place: entry for place, entry in found.items() if not place.startswith(".git/")}


def as_the_agent_leaves_it(tree, work):
    """The agent follows a link to a folder, and copies what is in there."""
    left = {place: entry for place, entry in tree.items() if place != ".git"}
    for place, (kind, _) in tree.items():
        if kind == "link" and (work / place).is_dir():
            left[place] = ("folder", None)
            inside = tree_of(work / place)
            left |= {f"{place}/{name}": entry for name, entry in inside.items()}
    return left


# --- Exit codes


@pytest.mark.parametrize("mode", ["plain", "json", "quiet"])
def test_each_exit_code(shop, mode):
    def ends(status, *words, **options):
        result = deploy(shop, "--progress", mode, *words, status=status, **options)
        if mode == "json" and status not in (64,):
            assert last(result)["exit_code"] == status
        elif status not in (0, 64):
            assert result.stdout + result.stderr
        return result

    faults = shop.folder / "state/faults"
    ends(0)
    ends(0, "--branch", "no-section-has-it")
    ends(64, "--when-busy", "perhaps")
    circle = (shop.work / "circle.yml").read_text()
    (shop.work / "circle.yml").write_text(circle.replace("deployment_group", "deployment_gruop"))
    ends(2)
    (shop.work / "circle.yml").write_text(circle)
    faults.write_text("codedeploy.CreateDeployment deny\n")
    ends(3)
    faults.unlink()

    shop.hook("BeforeInstall", WAITS)
    [root] = shop.roots()
    ends(5, "--timeout", "1s")
    ends(6)
    stop = ("stop", "--yes", "--project", PROJECT, "--no-watch")
    shop(*stop)
    let_go(shop, root)
    with shop.running("deploy", "--project", PROJECT, "--progress", mode) as process:
        wait_until((root / "begun").exists, "the hook")
        shop(*stop)
        let_go(shop, root)
        process.communicate(timeout=30)
        assert process.returncode == 4
    with shop.running("deploy", "--project", PROJECT, "--progress", mode) as process:
        wait_until((root / "begun").exists, "the hook")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        assert process.returncode == 130
    shop(*stop)
    let_go(shop, root)
    hook = shop.work / "BeforeInstall.sh"
    hook.write_text("#!/bin/sh\nexit 1\n")
    ends(1)
    assert sorted(set(shop.deployments().values())) == ["Failed", "Stopped", "Succeeded"]
    shop.settle()
    with open(shop.database, "r+b") as file:
        file.seek(100)
        file.write(os.urandom(4000))
    ends(7)


# The agent lets a script that runs come to its end, whatever is stopped.
WAITS = "touch /begun; while [ ! -e /go ]; do sleep 0.05; done\n"


def let_go(shop, root):
    """Lets the hook that waits end, and with it the deployment that was stopped."""
    (root / "go").touch()
    wait_until(lambda: "InProgress" not in shop.deployments().values(), "the stop")
    (root / "go").unlink()
    (root / "begun").unlink()


# --- What is told


def test_a_hostile_log_is_shown_and_does_nothing(shop):
    shop.hook("AfterInstall", f"printf '%s\\n' '{HOSTILE}' 'port 80 is taken' >&2; exit 3\n")
    for mode in ("plain", "auto", "json", "quiet"):
        result = deploy(shop, "--progress", mode, status=1)
        for output in (result.stdout, result.stderr):
            assert not CONTROL.search(output.decode()), mode
        text = (result.stdout + result.stderr).decode()
        assert "port 80 is taken" in text
        assert "gotcha" in text
    for result in (
        shop("watch", "--project", PROJECT, status=1),
        shop("deployments", "--project", PROJECT),
    ):
        assert not CONTROL.search((result.stdout + result.stderr).decode())


def test_output_that_is_not_utf_8_is_said_to_be_the_matter(shop):
    shop.hook("BeforeInstall", "printf 'Zugriff verweigert f\\374r alle\\n'; exit 3\n")
    for mode in ("plain", "json"):
        result = deploy(shop, "--progress", mode, status=1)
        text = (result.stdout + result.stderr).decode()
        assert "whose output is not UTF-8" in text
        assert "have the script write UTF-8" in text
        assert "appspec.yml" not in text


def test_text_says_what_json_says(shop):
    shop.hook("AfterInstall", "echo port 80 is taken >&2; exit 3\n")
    deploy(shop, "--progress", "json", status=1)
    id = history(shop)[0]["deployment_id"]
    for words, status in ((["deploy"], 1), (["watch", id], 1)):
        words = [*words, "--project", PROJECT, "--progress"]
        lines = events(shop(*words, "json", status=status))
        # What is shorter than a look comes and goes unseen: only what is always seen is compared.
        lines = [line for line in lines if line["event"] not in ("target", "lifecycle", "status")]
        text = shop(*words, "plain", status=status)
        text = (text.stderr + text.stdout).decode()
        for line in lines:
            for value in leaves(line, skipped=SAID_OTHERWISE):
                assert value in text, (value, line)
    # Of what was over when it was first looked at, not each event is told.
    over = events(shop("watch", id, "--project", PROJECT, "--progress", "json", status=1))
    assert {event["event"] for event in over} - {"notice"} == {"status", "result"}
    assert "port 80 is taken" in over[-1]["failures"][0]["log_tail"]


def test_every_target_and_event_is_told(store, start):
    shop = Shop(store, start("--bucket", "revisions", "--group", "my-app/instances:3"))
    shop.hook("ApplicationStart", "exit 0\n")
    lines = events(deploy(shop, "--progress", "json"))
    ends = {
        (line["target"], line["lifecycle_event"])
        for line in lines
        if line["event"] == "lifecycle" and line["status"] == "Succeeded"
    }
    targets = {instance["id"] for instance in shop.sandbox.facts["instances"]["instances"]}
    assert {target for target, _ in ends} == targets
    for target in targets:
        assert {event for of, event in ends if of == target} >= {"Install", "ApplicationStart"}


# --- The other commands


def test_a_failure_is_rolled_back_and_that_is_followed(shop):
    shop.client("codedeploy").update_deployment_group(
        applicationName="my-app", currentDeploymentGroupName="instances",
        autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_FAILURE"]},
    )
    good = last(deploy(shop, "--progress", "json"))
    (shop.work / "page").write_text("broken")
    shop.hook("AfterInstall", "exit 3\n")
    end = last(deploy(shop, "--progress", "json", status=1))
    assert end["rollback"]["result"] == "succeeded"
    assert end["rollback"]["revision"] == good["revision"]
    assert (shop.roots()[0] / "srv/shop/page").read_text() == "hello"
    assert shop.deployments()[end["rollback"]["deployment_id"]] == "Succeeded"
    assert history(shop)[0]["rollback_id"] == end["rollback"]["deployment_id"]


def test_circle_yml_can_ask_for_the_rollback(shop):
    circle = shop.work / "circle.yml"
    circle.write_text(
        circle.read_text().replace(
            "        application_root", "        auto_rollback: [DEPLOYMENT_FAILURE]\n"
            "        application_root",
        )
    )
    deploy(shop)
    shop.hook("AfterInstall", "exit 3\n")
    result = deploy(shop, status=1)
    assert b"rolled back by d-" in result.stderr


def test_rolls_back_redeploys_and_watches(shop):
    ends = []
    for number in ("1", "2"):
        shop.home.environment["SLIPWAY_BUILD_NUM"] = number
        (shop.work / "page").write_text(number)
        ends.append(last(deploy(shop, "--progress", "json")))
    page = shop.roots()[0] / "srv/shop/page"
    words = ("--yes", "--project", PROJECT, "--progress", "json")
    assert last(shop("rollback", *words))["revision"] == ends[0]["revision"]
    assert page.read_text() == "1"
    again = last(shop("redeploy", ends[1]["deployment_id"], *words))
    assert again["revision"] == ends[1]["revision"]
    assert page.read_text() == "2"
    watched = last(shop("watch", "--project", PROJECT, "--progress", "json"))
    assert watched["deployment_id"] == again["deployment_id"]
    shown = history(shop)
    assert [record["result"] for record in shown] == ["succeeded"] * 4
    assert {record["deployment_id"] for record in shown} == set(shop.deployments())


def test_a_stop_is_seen_through_and_can_roll_back(shop):
    good = last(deploy(shop, "--progress", "json"))
    (shop.work / "page").write_text("never to be seen")
    shop.hook("BeforeInstall", WAITS)
    [root] = shop.roots()
    deploy(shop, "--no-watch")
    wait_until((root / "begun").exists, "the hook")
    words = ("stop", "--yes", "--roll-back", "--project", PROJECT, "--progress", "json")
    with shop.running(*words) as process:
        assert b"will stop" in process.stderr.readline()
        (root / "go").touch()
        output, _ = process.communicate(timeout=30)
    assert history(shop)[0]["result"] == "stopped"
    stopped = history(shop)[0]["deployment_id"]
    end = json.loads(output.splitlines()[-1])
    assert end["rollback"]["deployment_id"] == shop.info(stopped)["rollbackInfo"][
        "rollbackDeploymentId"
    ]
    assert end["rollback"]["result"] == "succeeded"
    assert end["rollback"]["revision"] == good["revision"]
    assert (root / "srv/shop/page").read_text() == "hello"


def test_keys_test_says_whose_they_are(shop):
    shown = json.loads(shop("keys", "test", "--project", PROJECT, "--json").stdout)
    identity = shop.sandbox.client("sts").get_caller_identity()
    assert (shown["account"], shown["arn"]) == (identity["Account"], identity["Arn"])


def test_the_doctor_sees_a_healthy_sandbox_and_leaves_nothing(shop):
    result = shop("doctor", "--project", PROJECT, "--json")
    checks = {check["name"]: check for check in json.loads(result.stdout)["checks"]}
    for name in ("AWS", "clock", "application my-app", "group instances", "bucket revisions"):
        assert checks[name]["outcome"] == "passed", checks[name]
    assert objects(shop) == []
    assert shop.deployments() == {}


def test_the_doctor_cannot_tell_what_it_may_not_see(limited):
    result = limited("doctor", "--project", PROJECT, "--json")
    checks = {check["name"]: check for check in json.loads(result.stdout)["checks"]}
    for name in ("application my-app", "group instances"):
        assert checks[name]["outcome"] == "unknown", checks[name]


def test_the_doctor_tells_a_clock_that_is_wrong(shop):
    (shop.folder / "state/faults").write_text("* clock=-20m\n")
    result = shop.run("doctor", "--project", PROJECT, "--json")
    checks = {check["name"]: check for check in json.loads(result.stdout)["checks"]}
    assert checks["clock"]["outcome"] == "failed", checks["clock"]


def test_a_clock_and_a_region_that_are_wrong_are_corrected_and_said_once(store, start):
    shop = Shop(store, start(
        "--bucket", "revisions,region=eu-west-1", "--group", "my-app/instances",
        "--fault", "* clock=-20m",
    ))
    result = deploy(shop)
    assert result.stderr.count(b"warning: this machine's clock") == 1, result
    assert result.stderr.count(b"warning: the bucket") == 1, result
