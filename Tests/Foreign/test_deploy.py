"""`slipway deploy` and its kin as whole programs: exit codes, faults, interruptions, the history."""

import json
import os
import re
import signal
import subprocess
import time

import boto3
import pytest
from codedeploy_stub import DENIED_BY_THE_LEAST_POLICY, CodeDeploy, s3, serving, target
from conftest import PROJECT, wait_until
from deploying import (
    BUILD, CIRCLE, KEY, SAID_OTHERWISE, deploy, events, history, last, leaves,
)  # fmt: skip
from terminal import Session

EXAMPLE_KEY = "AKIAIOSFODNN7EXAMPLE"
HOSTILE = "no\x1b[31m luck\u202e\nport 80 is taken\r\x07"
FAILED = target(
    "i-1",
    "Failed",
    [("ApplicationStop", "Succeeded"), ("BeforeInstall", "Failed"), ("Install", "Skipped")],
    {
        "errorCode": "ScriptFailed",
        "scriptName": "scripts/before.sh",
        "message": "exit status 3",
        "logTail": HOSTILE,
    },
)


@pytest.fixture(scope="session")
def bucket():
    """S3 with a bucket that keeps versions."""
    with s3() as address:
        client = boto3.client(
            "s3",
            endpoint_url=address,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        client.create_bucket(Bucket="revisions")
        client.put_bucket_versioning(
            Bucket="revisions", VersioningConfiguration={"Status": "Enabled"}
        )
        client.address = address
        yield client


@pytest.fixture
def aws():
    return CodeDeploy()


@pytest.fixture
def shop(store, aws, bucket):
    """slipway in a repository that can be deployed, with an AWS."""
    work = store.work
    (work / "circle.yml").write_text(CIRCLE)
    (work / "appspec.yml").write_text(
        "version: 0.0\nos: linux\nfiles:\n  - source: /page\n    destination: /srv/shop\n"
    )
    (work / "page").write_text("hello")
    (work / ".git").mkdir()
    with serving(aws) as address:
        store.environment |= {
            **BUILD,
            "SLIPWAY_PROJECT": PROJECT,
            "AWS_ENDPOINT_URL": address,
            "AWS_ENDPOINT_URL_S3": bucket.address,
        }
        yield store


def test_deploys_the_whole_way(shop, aws, bucket):
    result = deploy(shop, "--progress", "json")
    lines = events(result)
    order = ["plan", "packed", "uploaded", "registered", "created", "status"]
    seen = [line["event"] for line in lines]
    assert [seen.index(event) for event in order] == sorted(seen.index(event) for event in order)
    end = last(result)
    assert end["result"] == "succeeded"
    object = bucket.head_object(Bucket="revisions", Key=KEY)
    assert end["revision"] == {
        "bucket": "revisions",
        "key": KEY,
        "e_tag": object["ETag"].strip('"'),
        "version": object["VersionId"],
    }
    [created] = aws.requests("CreateDeployment")
    assert created["revision"] == {
        "revisionType": "S3",
        "s3Location": {
            "bucket": "revisions",
            "key": KEY,
            "bundleType": "zip",
            "eTag": object["ETag"].strip('"'),
            "version": object["VersionId"],
        },
    }
    assert created["revision"] == aws.requests("RegisterApplicationRevision")[0]["revision"]
    [record] = history(shop)
    assert record["result"] == "succeeded"
    assert (record["branch"], record["commit"]) == ("master", BUILD["SLIPWAY_COMMIT"])
    assert record["deployment_id"] == end["deployment_id"]
    assert record["revision"] == end["revision"]


def test_needs_no_more_than_the_least_policy(shop, aws):
    aws.denied = DENIED_BY_THE_LEAST_POLICY
    result = deploy(shop)
    assert result.stderr.count(b"instances and lifecycle events are not shown") == 1
    assert b"my-app: succeeded after" in result.stdout
    assert aws.count("ListDeploymentTargets") == 1


def test_tells_why_it_failed(shop, aws):
    aws.statuses = ["Created", "InProgress", "Failed"]
    aws.targets = [FAILED]
    aws.error = {"code": "HEALTH_CONSTRAINTS", "message": "too many failed"}
    result = deploy(shop, status=1)
    text = result.stderr.decode()
    end = text[text.index("failed: i-1 at BeforeInstall") :]
    for word in ("ScriptFailed, scripts/before.sh, exit status 3", "| port 80 is taken"):
        assert word in end
    assert "HEALTH_CONSTRAINTS: too many failed" in end
    assert history(shop)[0]["result"] == "failed"


@pytest.mark.parametrize("mode", ["plain", "auto", "json"])
def test_prints_no_control_character(shop, aws, mode):
    aws.statuses = ["Created", "InProgress", "Failed"]
    aws.targets = [FAILED]
    result = deploy(shop, "--progress", mode, status=1)
    for output in (result.stdout, result.stderr):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", output.decode())


def test_follows_the_rollback(shop, aws):
    aws.statuses = ["InProgress", "Failed"]
    aws.targets = [FAILED]
    aws.rollback = ["Created", "InProgress", "Succeeded"]
    end = last(deploy(shop, "--progress", "json", status=1))
    assert end["rollback"]["result"] == "succeeded"
    assert end["rollback"]["deployment_id"] in aws.deployments
    assert history(shop)[0]["rollback_id"] == end["rollback"]["deployment_id"]


def test_says_the_same_in_text_and_json(shop, aws):
    aws.statuses = ["Created", "Queued", "InProgress", "Marinating", "Failed"]
    aws.targets = [FAILED]
    aws.error = {"code": "HEALTH_CONSTRAINTS", "message": "too many failed"}
    lines = events(deploy(shop, "--progress", "json", status=1))
    text = deploy(shop, "--progress", "plain", status=1)
    text = (text.stderr + text.stdout).decode()
    for line in lines:
        for value in leaves(line, skipped=SAID_OTHERWISE):
            assert value in text, (value, line)


@pytest.mark.parametrize(
    ("final", "status", "result"),
    [("Succeeded", 0, "succeeded"), ("Failed", 1, "failed"), ("Stopped", 4, "stopped")],
)
@pytest.mark.parametrize("mode", ["plain", "json", "quiet"])
def test_ends_with_the_status_of_the_deployment(shop, aws, mode, final, status, result):
    aws.statuses = ["InProgress", final]
    outcome = deploy(shop, "--progress", mode, status=status)
    if mode == "json":
        assert last(outcome)["result"] == result
    if mode == "quiet" and status == 0:
        assert outcome.stdout + outcome.stderr == b""


@pytest.mark.parametrize("mode", ["plain", "json"])
def test_ends_with_2_where_something_is_wrong(shop, aws, mode):
    (shop.work / "appspec.yml").write_text("version: 1.0\n")
    outcome = deploy(shop, "--progress", mode, status=2)
    if mode == "json":
        assert last(outcome)["result"] == "invalid"
        assert last(outcome)["problems"]
    assert not aws.calls


def test_ends_with_2_without_keys(shop, aws):
    shop("keys", "remove", "--project", PROJECT, "--yes")
    outcome = deploy(shop, status=2)
    assert b"there are no AWS keys" in outcome.stderr
    shop.environment |= {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "s"}
    assert b"the AWS keys are the environment's" in deploy(shop).stderr


@pytest.mark.parametrize("service", ["S3", "CODEDEPLOY"])
def test_ends_with_3_at_a_dead_endpoint(shop, service):
    dead = {f"AWS_ENDPOINT_URL_{service}": "http://127.0.0.1:9"}
    began = time.monotonic()
    result = subprocess.run(
        [shop.binary, "deploy", "--project", PROJECT, "--progress", "json"],
        capture_output=True, timeout=120, cwd=shop.work, env={**shop.environment, **dead},
    )
    assert result.returncode == 3, result
    assert last(result)["result"] == "refused"
    assert "127.0.0.1:9" in last(result)["problems"][0]["message"]
    assert time.monotonic() - began < 95


def test_ends_with_3_where_aws_refuses(shop, aws):
    aws.denied = {"CreateDeployment"}
    outcome = deploy(shop, "--progress", "json", status=3)
    assert last(outcome)["result"] == "refused"
    assert "codedeploy:CreateDeployment" in last(outcome)["problems"][0]["fix"]


def end_of(shop, *words, environment=None):
    """The one line of a command that could not begin, and its exit status."""
    words = [shop.binary, *words, "--project", PROJECT, "--progress", "json"]
    result = subprocess.run(
        words, capture_output=True, timeout=120, cwd=shop.work,
        env={**shop.environment, **(environment or {})})
    end = last(result)
    assert end["problems"], end
    return end, result.returncode


ABOUT_A_DEPLOYMENT = [
    ("watch",), ("stop", "--yes"), ("stop", "--yes", "--no-watch"), ("rollback", "--yes"),
    ("redeploy", "--yes"),
]


@pytest.mark.parametrize("words", ABOUT_A_DEPLOYMENT, ids=" ".join)
def test_what_cannot_begin_has_a_result_as_its_last_line(shop, aws, words):
    unknown = (*words, "d-UNKNOWN00", "--region", "us-east-1")
    end, status = end_of(shop, *unknown)
    assert (end["result"], end["deployment_id"], status) == ("refused", "d-UNKNOWN00", 3)

    aws.denied = {"GetDeployment", "StopDeployment"}
    end, status = end_of(shop, *unknown)
    assert (end["result"], status) == ("refused", 3)

    dead = {"AWS_ENDPOINT_URL_CODEDEPLOY": "http://127.0.0.1:9"}
    end, status = end_of(shop, *unknown, "--timeout", "2s", environment=dead)
    assert (end["result"], status) in [("refused", 3), ("timed_out", 5)]

    end, status = end_of(shop, *words, "no id")
    assert (end["result"], end["deployment_id"], status) == ("invalid", None, 64)
    end, status = end_of(shop, *words, "d-UNKNOWN00", "--region", "nowhere!")
    assert end["result"] == "invalid" and status == end["exit_code"] != 0
    # None is named, and the store knows none.
    end, status = end_of(shop, *words)
    assert (end["result"], end["deployment_id"], status) == ("invalid", None, 2)
    shop("keys", "remove", "--project", PROJECT, "--yes")
    end, status = end_of(shop, *unknown)
    assert (end["result"], end["deployment_id"], status) == ("invalid", "d-UNKNOWN00", 2)


def test_what_needs_consent_has_a_result_too(shop, aws):
    aws.statuses = ["InProgress"]
    deploy(shop, "--no-watch")
    end, status = end_of(shop, "stop")
    assert (end["result"], status) == ("invalid", 64)


def test_of_several_that_cannot_be_watched_each_has_a_result(shop, aws):
    shop("keys", "remove", "--project", PROJECT, "--yes")
    words = ("d-UNKNOWN00", "d-UNKNOWN01", "--region", "us-east-1")
    result = shop("watch", *words, "--project", PROJECT, "--progress", "json", status=2)
    assert [line["event"] for line in events(result)] == ["result"] * 2
    assert [line["deployment_id"] for line in events(result)] == ["d-UNKNOWN00", "d-UNKNOWN01"]


def test_a_stop_that_is_not_watched_has_a_result(shop, aws):
    aws.statuses = ["InProgress"]
    deploy(shop, "--no-watch")
    [id] = aws.deployments
    words = ("stop", "--yes", "--no-watch", "--project", PROJECT)
    end = last(shop(*words, "--progress", "json"))
    assert (end["result"], end["deployment_id"]) == ("stopping", id)
    assert end["region"] == "us-east-1" and end["application"] == "my-app"
    # It has stopped since, and that is how it ended.
    wait = last(shop("watch", "--project", PROJECT, "--progress", "json", status=4))
    assert wait["result"] == "stopped"
    again = last(shop(*words, "--progress", "json"))
    assert (again["result"], again["deployment_id"]) == ("stopped", id)


def test_ends_with_5_at_the_time_limit(shop, aws):
    aws.statuses = ["InProgress"]
    end = last(deploy(shop, "--timeout", "2s", "--progress", "json", status=5))
    assert end["result"] == "timed_out"
    assert f"slipway watch {end['deployment_id']}" in end["problems"][0]["fix"]


def test_ends_with_5_though_aws_never_answers(shop, aws):
    aws.faults["GetDeployment"] = ["hang"]
    began = time.monotonic()
    deploy(shop, "--timeout", "2s", status=5)
    assert time.monotonic() - began < 10


def test_ends_with_6_where_the_group_is_busy(shop, aws):
    aws.statuses = ["InProgress"]
    other = last(deploy(shop, "--timeout", "1s", "--progress", "json", status=5))["deployment_id"]
    end = last(deploy(shop, "--progress", "json", status=6))
    assert end["result"] == "busy"
    assert end["busy_with"] == other
    assert aws.count("CreateDeployment") == 2


def test_waits_for_a_busy_group(shop, aws):
    aws.statuses = ["InProgress", "InProgress", "InProgress", "Succeeded"]
    first = last(deploy(shop, "--no-watch", "--progress", "json"))
    assert first["result"] == "created"
    end = last(deploy(shop, "--when-busy", "wait", "--progress", "json"))
    assert end["result"] == "succeeded"
    assert end["deployment_id"] != first["deployment_id"]


def test_ends_with_7_where_the_store_is_damaged(shop):
    shop.settle()
    data = bytearray(shop.database.read_bytes())
    data[100:4096] = os.urandom(3996)
    shop.database.write_bytes(data)
    deploy(shop, status=7)


def test_ends_with_64_at_wrong_usage(shop):
    deploy(shop, "--when-busy", "perhaps", status=64)
    deploy(shop, "--timeout", "soon", status=64)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("mode", ["plain", "json"])
def test_leaves_when_interrupted(shop, aws, sent, mode):
    aws.statuses = ["InProgress"]
    words = ("deploy", "--project", PROJECT, "--progress", mode)
    with shop.running(*words) as process:
        wait_until(lambda: aws.count("GetDeployment") > 1, "the deployment is watched")
        process.send_signal(sent)
        output, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    [id] = aws.deployments
    assert f"slipway watch {id} --region us-east-1".encode() in output + errors
    assert aws.deployments[id]["info"]["status"] == "InProgress"
    # What is printed works.
    aws.deployments[id]["rest"] = ["Succeeded"]
    shop("watch", id, "--region", "us-east-1", "--project", PROJECT)
    assert history(shop)[0]["result"] == "succeeded"


def test_what_nohup_runs_goes_on(shop, aws):
    aws.statuses = ["InProgress"]
    ignoring = {"preexec_fn": lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)}
    with shop.running("deploy", "--project", PROJECT, **ignoring) as process:
        wait_until(lambda: aws.count("GetDeployment") > 1, "the deployment is watched")
        process.send_signal(signal.SIGHUP)
        [id] = aws.deployments
        aws.deployments[id]["rest"] = ["Succeeded"]
        process.communicate(timeout=20)
    assert process.returncode == 0


@pytest.mark.parametrize("mode", ["plain", "json"])
def test_leaves_when_nobody_reads_any_more(shop, aws, mode):
    aws.statuses = ["InProgress"]
    words = ("deploy", "--project", PROJECT, "--progress", mode)
    # Lines are told on standard error, objects on standard output.
    told = {"plain": {"stderr": subprocess.STDOUT}, "json": {}}[mode]
    with shop.running(*words, **told) as process:
        wait_until(lambda: aws.count("GetDeployment") > 1, "the deployment is watched")
        process.stdout.close()
        [id] = aws.deployments
        # The next thing to tell is that nothing can be told.
        aws.deployments[id]["rest"] = ["Ready", "InProgress"]
        assert process.wait(timeout=20) == 130
        errors = process.stderr.read() if process.stderr else b""
    if mode == "json":
        assert f"slipway watch {id} --region us-east-1".encode() in errors
    assert history(shop)[0]["result"] == "interrupted"


def test_says_the_id_of_a_deployment_that_is_just_being_made(shop, aws):
    aws.faults["CreateDeployment"] = ["hang"]
    with shop.running("deploy", "--project", PROJECT) as process:
        wait_until(lambda: aws.count("CreateDeployment") == 1, "it is asked for")
        process.send_signal(signal.SIGINT)
        for line in process.stderr:
            if b"interrupt again" in line:
                break
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"whether it was made cannot be told" in errors


@pytest.mark.parametrize("fault", ["lost", "reset", "500"])
def test_makes_no_second_deployment_where_an_answer_is_lost(shop, aws, fault):
    aws.faults["CreateDeployment"] = [fault]
    end = last(deploy(shop, "--progress", "json"))
    assert end["result"] == "succeeded"
    assert len(aws.deployments) == 1


def test_finds_what_keeps_the_group_busy_to_be_its_own(shop, aws):
    """Listing is not allowed, and the use of the revision shows late."""
    aws.denied = DENIED_BY_THE_LEAST_POLICY
    aws.statuses = ["InProgress", "InProgress", "Succeeded"]
    aws.faults["CreateDeployment"] = ["lost"]
    aws.GetApplicationRevision = lambda body: (200, {"revisionInfo": {}})
    end = last(deploy(shop, "--progress", "json"))
    assert end["result"] == "succeeded"
    assert len(aws.deployments) == 1


def test_does_not_deploy_twice_where_nothing_can_be_told(shop, aws):
    aws.denied = DENIED_BY_THE_LEAST_POLICY
    aws.statuses = ["Succeeded"]
    aws.faults["CreateDeployment"] = ["lost"]
    end = last(deploy(shop, "--progress", "json", status=3))
    assert end["problems"][0]["code"] == "deployment-uncertain"
    assert len(aws.deployments) == 1


def test_rides_out_throttled_and_broken_looks(shop, aws):
    aws.statuses = ["InProgress"] * 3 + ["Succeeded"]
    aws.faults["GetDeployment"] = ["throttle", "500", "reset", None, "throttle", None, "lost"]
    aws.faults["BatchGetDeploymentTargets"] = ["500", "throttle"]
    aws.faults["ListDeploymentTargets"] = ["throttle", "reset"]
    assert last(deploy(shop, "--progress", "json"))["result"] == "succeeded"


def test_tells_the_truth_about_a_job_that_was_killed(shop, aws):
    aws.statuses = ["InProgress"]
    with shop.running("deploy", "--project", PROJECT) as process:
        wait_until(lambda: aws.count("GetDeployment") > 0, "the deployment is watched")
        assert history(shop)[0]["result"] == "running"
        process.kill()
    [killed] = aws.deployments
    assert history(shop)[0]["result"] == "unfinished"
    shown = shop("deployments", "--project", PROJECT)
    assert b" unfinished " in shown.stdout
    assert b"--refresh" in shown.stderr
    info = aws.deployments[killed]["info"]
    aws.deployments[killed]["rest"] = ["Failed"]
    info |= {"status": "Failed", "completeTime": info["createTime"] + 7}
    aws.statuses = ["Succeeded"]
    deploy(shop)
    records = history(shop)
    assert [record["result"] for record in records] == ["succeeded", "failed"]
    # It took as long as AWS says, and not until somebody asked.
    assert records[1]["duration_seconds"] in (7, 8)


def killed_deploy(shop, aws):
    """The deployment of a job that was killed while it watched."""
    aws.statuses = ["InProgress"]
    with shop.running("deploy", "--project", PROJECT) as process:
        wait_until(lambda: aws.count("GetDeployment") > 0, "the deployment is watched")
        process.kill()
    [killed] = aws.deployments
    return killed


def test_watching_writes_down_how_a_killed_job_ended(shop, aws):
    killed = killed_deploy(shop, aws)
    info = aws.deployments[killed]["info"]
    aws.deployments[killed]["rest"] = ["Stopped"]
    info |= {"status": "Stopped", "completeTime": info["createTime"] + 7}
    shop("watch", killed, "--project", PROJECT, status=4)
    [record] = history(shop)
    assert (record["result"], record["deployment_id"]) == ("stopped", killed)
    assert record["duration_seconds"] in (7, 8)


def test_knows_that_a_job_deployed_nothing_that_was_killed_before_it_asked(shop, aws):
    """Without asking anybody."""
    aws.faults["RegisterApplicationRevision"] = ["hang"]
    with shop.running("deploy", "--project", PROJECT) as process:
        wait_until(lambda: aws.count("RegisterApplicationRevision") == 1, "it is asked for")
        assert history(shop)[0]["result"] == "running"
        process.kill()
    [record] = history(shop)
    assert (record["result"], record["deployment_id"]) == ("interrupted", None)
    shown = shop("deployments", "--project", PROJECT)
    assert b" interrupted " in shown.stdout
    assert shown.stderr == b""


def test_finds_such_a_deployment_among_many_others(shop, aws):
    """Those that the history knows are not looked at."""
    deploy(shop)
    aws.faults["CreateDeployment"] = ["hang"]
    with shop.running("deploy", "--project", PROJECT) as process:
        wait_until(lambda: aws.count("CreateDeployment") == 2, "it is asked for")
        process.kill()
    asked = aws.requests("CreateDeployment")[1]
    others = [aws.add(["Succeeded"], {**asked, "description": "another"}) for _ in range(40)]
    lost = aws.add(["Succeeded"], asked)
    with shop.connect() as database:
        columns = "project_id, application, deployment_group, region, started_at, started_by"
        for id in others:
            database.execute(
                f"INSERT INTO deployment ({columns}, ended_at, outcome, deployment_id)"
                f" SELECT {columns}, started_at, 'succeeded', ? FROM deployment WHERE id = 1",
                [id],
            )
    looks = aws.count("GetDeployment")
    shop("deployments", "--refresh", "--project", PROJECT)
    every = shop("deployments", "--project", PROJECT, "--limit", "100", "--json")
    record = json.loads(every.stdout)[-2]
    assert (record["result"], record["deployment_id"]) == ("succeeded", lost)
    assert aws.count("GetDeployment") == looks + 1


def test_attempts_that_aws_does_not_tell_of_do_not_starve_the_others(shop, aws):
    killed = killed_deploy(shop, aws)
    with shop.connect() as database:
        columns = "project_id, application, deployment_group, region, started_at, started_by"
        for number in range(15):
            database.execute(
                f"INSERT INTO deployment ({columns}, requested_at, deployment_id)"
                f" SELECT {columns}, started_at, ? FROM deployment WHERE id = 1",
                [f"d-GONE{number}"],
            )
    aws.deployments[killed]["rest"] = ["Succeeded"]
    aws.deployments[killed]["info"]["status"] = "Succeeded"

    def result():
        every = shop("deployments", "--project", PROJECT, "--limit", "100", "--json")
        return json.loads(every.stdout)[-1]["result"]

    # Chance decides which come first: that one is never among them is one in 10^12.
    for _ in range(30):
        looks = aws.count("GetDeployment")
        shop("deployments", "--refresh", "--project", PROJECT)
        assert aws.count("GetDeployment") <= looks + 10
        if result() == "succeeded":
            break
    assert result() == "succeeded"


def test_a_deployment_that_does_not_appear_was_never_made(shop, aws):
    aws.faults["CreateDeployment"] = ["hang"]
    with shop.running("deploy", "--project", PROJECT) as process:
        wait_until(lambda: aws.count("CreateDeployment") == 1, "it is asked for")
        process.kill()
    refresh = ("deployments", "--refresh", "--project", PROJECT)
    # It may still be on its way.
    assert b" unfinished " in shop(*refresh).stdout
    with shop.connect() as database:
        database.execute("UPDATE deployment SET requested_at = '2026-01-01T00:00:00.000Z'")
    aws.denied = DENIED_BY_THE_LEAST_POLICY
    assert b" unfinished " in shop(*refresh).stdout
    aws.denied = set()
    assert b" interrupted " in shop(*refresh).stdout
    [record] = history(shop)
    assert (record["result"], record["deployment_id"]) == ("interrupted", None)


def test_finds_the_deployment_of_a_job_that_was_killed_before_it_knew_the_id(shop, aws):
    aws.faults["CreateDeployment"] = ["hang"]
    with shop.running("deploy", "--project", PROJECT) as process:
        wait_until(lambda: aws.count("CreateDeployment") == 1, "it is asked for")
        process.kill()
    # The request had arrived all the same.
    aws.add(["Succeeded"], aws.requests("CreateDeployment")[0])
    [record] = history(shop)
    assert (record["result"], record["deployment_id"]) == ("unfinished", None)
    shop("deployments", "--refresh", "--project", PROJECT)
    [record] = history(shop)
    assert (record["result"], record["deployment_id"]) == ("succeeded", "d-000000001")


def test_deploys_without_writing_to_the_store(shop, aws):
    shop.environment |= {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "s"}
    before = shop.database.read_bytes()
    shop.key_file.unlink()
    shop("deploy", "--project", PROJECT, status=7)  # The keys are there, and do not open.
    shop("deploy", "--project", "acme/other")
    assert shop.database.read_bytes() == before


def test_stops_a_deployment(shop, aws):
    aws.statuses = ["InProgress"]
    deploy(shop, "--no-watch")
    shop("stop", "--project", PROJECT, status=64)
    result = shop("stop", "--yes", "--roll-back", "--project", PROJECT)
    assert b"will stop" in result.stderr
    assert aws.requests("StopDeployment")[0]["autoRollbackEnabled"] is True
    assert history(shop)[0]["result"] == "stopped"


@pytest.mark.parametrize(("final", "status"), [("Stopped", 0), ("Succeeded", 0), ("Failed", 1)])
def test_stop_ends_as_its_result_says(shop, aws, final, status):
    aws.statuses = ["InProgress"]
    deploy(shop, "--no-watch")
    [id] = aws.deployments
    # What became of it when the order came.
    aws.stopped = final
    words = ("stop", "--yes", "--project", PROJECT, "--progress", "json")
    end = last(shop(*words, status=status))
    assert (end["deployment_id"], end["result"]) == (id, final.lower())
    assert end["exit_code"] == status


@pytest.mark.parametrize("clock", [-300, 300])
def test_the_screen_goes_by_the_clock_of_aws(shop, aws, clock):
    aws.statuses = ["InProgress"]
    aws.clock = clock
    deploy(shop, "--no-watch", "--progress", "quiet")
    environment = {**shop.environment, "TERM": "xterm-256color"}
    words = [shop.binary, "watch", "--project", PROJECT]
    with Session(words, environment, shop.work) as session:
        session.until("in progress")
        # Right from the next second on, and going on.
        session.until(lambda: re.search(r"elapsed [2-9]s|elapsed [1-5]\ds", session.flat),
                      "how long it has been")
        session.send("q")
        assert session.until_end() == 130


def test_the_question_says_what_is_stopped_and_is_not_asked_about_what_is_over(shop, aws):
    aws.statuses = ["InProgress"]
    deploy(shop, "--no-watch")
    [running] = aws.deployments
    words = [shop.binary, "stop", "--no-watch", "--project", PROJECT]
    with Session(words, shop.environment, shop.work) as session:
        session.until(f"This stops the deployment {running} of my-app to instances in us-east-1")
        session.send("no\n")
        assert session.until_end() != 0
    assert aws.count("StopDeployment") == 0
    aws.deployments[running]["rest"] = ["Succeeded"]
    aws.deployments[running]["info"]["status"] = "Succeeded"
    with Session(words, shop.environment, shop.work) as session:
        session.until(f"{running} is over already")
        assert session.until_end() == 0
    assert aws.count("StopDeployment") == 0


def test_deploys_a_revision_again_and_the_one_before(shop, aws):
    aws.statuses = ["Succeeded"]
    first = last(deploy(shop, "--progress", "json"))
    (shop.work / "page").write_text("another")
    shop.environment["SLIPWAY_BUILD_NUM"] = "43"
    second = last(deploy(shop, "--progress", "json"))
    words = ("--yes", "--project", PROJECT, "--progress", "json")
    again = last(shop("redeploy", *words))
    assert again["revision"] == second["revision"]
    # The same content by another key is no way back.
    shop.environment["SLIPWAY_BUILD_NUM"] = "44"
    assert last(deploy(shop, "--progress", "json"))["revision"]["key"] != second["revision"]["key"]
    back = last(shop("rollback", *words))
    assert back["revision"] == first["revision"]
    assert len(history(shop)) == 5


def test_keys_test_says_whose_they_are(shop):
    shown = json.loads(shop("keys", "test", "--project", PROJECT, "--json").stdout)
    assert shown["account"] == "123456789012"
    assert shown["arn"] == "arn:aws:iam::123456789012:user/ci"


def test_uploads_in_parts(shop, bucket):
    (shop.work / "large").write_bytes(os.urandom(20 << 20))
    end = last(deploy(shop, "--progress", "json"))
    assert end["revision"]["e_tag"].endswith("-3")
    assert bucket.head_object(Bucket="revisions", Key=KEY)["ContentLength"] > 20 << 20


def test_shows_no_object_where_a_file_cannot_be_read(shop, bucket):
    shop.environment["SLIPWAY_BUILD_NUM"] = "77"
    os.mkfifo(shop.work / "pipe")
    (shop.work / "leaves").symlink_to("/etc/passwd")
    deploy(shop, status=2)
    listed = bucket.list_objects_v2(Bucket="revisions", Prefix="apps/my-app-0123456-77")
    assert listed["KeyCount"] == 0


def test_a_fork_deploys_nothing(shop, aws):
    fork = {
        "CIRCLECI": "true", "CIRCLE_BRANCH": "master", "CIRCLE_PR_NUMBER": "7",
        "CIRCLE_PR_USERNAME": "stranger", "CIRCLE_PR_REPONAME": "shop",
    }
    shop("deploy", "--project", PROJECT, variables=fork)
    assert not aws.calls


def test_nothing_to_deploy_is_no_failure(shop, aws):
    result = deploy(shop, "--branch", "feature", "--progress", "json")
    assert last(result)["result"] == "nothing"
    assert not aws.calls


def doctor(shop, status=0):
    shop(
        "settings", "set", "my-app", "--project", PROJECT, "--region", "us-east-1",
        "--bucket", "revisions", "--key-pattern", "apps/{SHORT_COMMIT}",
    )  # fmt: skip
    result = shop("doctor", "--project", PROJECT, "--json", status=status)
    return {check["name"]: check for check in json.loads(result.stdout)["checks"]}


def test_the_doctor_looks_at_aws_and_leaves_nothing(shop, aws, bucket):
    def objects():
        found = bucket.list_object_versions(Bucket="revisions")
        uploads = bucket.list_multipart_uploads(Bucket="revisions")
        return len(found.get("Versions", [])), len(uploads.get("Uploads", []))

    before = objects()
    checks = doctor(shop)
    for name in ("AWS", "clock", "application my-app", "group instances", "bucket revisions"):
        assert checks[name]["outcome"] == "passed", checks[name]
    assert "arn:aws:iam::123456789012:user/ci" in checks["AWS"]["detail"]
    assert checks["uploading"]["outcome"] == "unknown"
    assert objects() == before
    assert not aws.deployments


def test_the_doctor_takes_the_environment_s_keys_as_deploy_does(shop, aws):
    shop("keys", "remove", "--yes", "--project", PROJECT)
    assert doctor(shop, status=2)["AWS keys"]["outcome"] == "failed"
    shop.environment |= {"AWS_ACCESS_KEY_ID": EXAMPLE_KEY, "AWS_SECRET_ACCESS_KEY": "secret"}
    result = shop("doctor", "--project", PROJECT, "--json")
    checks = json.loads(result.stdout)["checks"]
    [keys] = [check for check in checks if check["name"] == "AWS keys"]
    assert keys["outcome"] == "passed" and "the environment's" in keys["detail"]
    assert [check for check in checks if check["name"] == "AWS"][0]["outcome"] == "passed"
    shop("doctor", "--offline", "--project", PROJECT)


def test_the_doctor_calls_nothing_missing_that_it_may_not_see(shop, aws):
    aws.denied = DENIED_BY_THE_LEAST_POLICY
    checks = doctor(shop)
    for name in ("application my-app", "group instances"):
        assert checks[name]["outcome"] == "unknown"
        assert "may not do" in checks[name]["detail"]


def test_the_doctor_names_what_is_missing(shop, aws):
    circle = (shop.work / "circle.yml").read_text()
    (shop.work / "circle.yml").write_text(circle.replace("instances", "missing"))
    checks = doctor(shop, status=3)
    assert checks["group missing"]["outcome"] == "failed"


def test_the_doctor_cannot_tell_without_a_network(shop):
    shop.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
    assert doctor(shop)["AWS"]["outcome"] == "unknown"


def test_tells_the_truth_after_kills_at_any_moment(shop, aws):
    aws.statuses = ["Created", "InProgress", "InProgress", "Succeeded"]
    for round in range(13):
        with shop.running("deploy", "--project", PROJECT) as process:
            if round < 12:
                time.sleep(round * 0.06)
            else:
                # However slow the machine is, one is killed that has made a deployment.
                made = len(aws.deployments)
                wait_until(lambda: len(aws.deployments) > made, "a deployment is made")
            process.kill()
        for item in aws.deployments.values():
            item["info"]["status"] = "Succeeded"
            item["rest"] = ["Succeeded"]
    aws.statuses = ["Succeeded"]
    deploy(shop)
    shop("deployments", "--refresh", "--project", PROJECT)
    records = history(shop)
    assert records[0]["result"] == "succeeded"
    assert len(aws.deployments) > 1
    # Everything that was made is told of, with what became of it; nothing else is said to be.
    made = [record["deployment_id"] for record in records if record["deployment_id"]]
    assert sorted(made) == sorted(aws.deployments)
    for record in records:
        if record["deployment_id"]:
            assert record["result"] == "succeeded"
        else:
            assert record["result"] in ("interrupted", "unfinished")
    assert b"none missing or changed" in shop("doctor", "--offline").stdout
