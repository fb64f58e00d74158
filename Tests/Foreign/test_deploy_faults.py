"""`slipway deploy` against a sandbox that misbehaves, and jobs that are killed."""

import collections
import concurrent.futures
import contextlib
import json
import os
import random
import signal
import subprocess
import time
from datetime import datetime

import pytest
from conftest import PATIENCE, PROJECT, REFERENCE_POLICY, Home, sandboxes, wait_until
from deploying import SANDBOX, Shop, events, history, last

TROUBLES = ["unavailable", "internal", "throttle", "reset", "half", "lost", "hang"]
# What a request that hangs costs is half a minute, and some hang again.
LONG = 300
# They share the fixture `patient`, and with it the process that tests them.
TOGETHER = pytest.mark.xdist_group("patient")



class Shops:
    """Makes shops, each with a home and a sandbox of its own."""

    def __init__(self, prepared, start, folder):
        self.prepared = prepared
        self.start = start
        self.folder = folder

    def __call__(self, name, *words):
        folder = self.folder / name
        folder.mkdir()
        home = Home(self.prepared.binary, folder)
        home.copy(self.prepared)
        shop = Shop(home, self.start(*SANDBOX, *words, state=folder / "state"))
        shop.hook("AfterInstall", "sleep 1\n")
        return shop


@pytest.fixture
def open_shop(prepared, start, tmp_path):
    return Shops(prepared, start, tmp_path)


@pytest.fixture(scope="module")
def patient(prepared, tmp_path_factory):
    """What waits for the most part, all of it at once: the outcomes, some day, by their names."""
    with sandboxes(prepared) as start:
        shops = Shops(prepared, start, tmp_path_factory.mktemp("patient"))
        with concurrent.futures.ThreadPoolExecutor(len(EVERY_THIRD) + len(DEAD)) as pool:
            yield {
                (body, *case): pool.submit(body, shops, *case)
                for body, cases in ((every_third, EVERY_THIRD), (dead_end, DEAD))
                for case in cases
            }


def deploy_amid(shop, *faults):
    """Deploys while things go wrong, which they no longer do afterwards."""
    file = shop.folder / "state/faults"
    file.write_text("".join(f"{fault}\n" for fault in faults))
    result = shop.run("deploy", "--project", PROJECT, "--progress", "json", timeout=LONG)
    file.unlink()
    return result


def every_third(shops, service, trouble):
    shop = shops(f"{service}-{trouble}")
    (shop.work / "large").write_bytes(os.urandom(20 << 20))
    return shop, deploy_amid(shop, f"{service} {trouble} every=3")


EVERY_THIRD = [(service, trouble) for service in ("s3", "codedeploy") for trouble in TROUBLES]


@TOGETHER
@pytest.mark.parametrize(("service", "trouble"), EVERY_THIRD)
def test_every_third_request_fails_and_the_deployment_ends_right(patient, service, trouble):
    shop, result = patient[every_third, service, trouble].result()
    assert result.returncode == 0, result
    end = last(result)
    assert shop.deployments() == {end["deployment_id"]: "Succeeded"}
    [root] = shop.roots()
    assert (root / "srv/shop/large").read_bytes() == (shop.work / "large").read_bytes()
    [record] = history(shop)
    assert (record["result"], record["deployment_id"]) == ("succeeded", end["deployment_id"])


def dead_end(shops, service, kind):
    shop = shops(f"{service}-{kind}")
    dead = {f"AWS_ENDPOINT_URL_{service.upper()}": "http://127.0.0.1:9"} if kind == "dead" else {}
    faults = shop.folder / "state/faults"
    faults.write_text(f"{service} hang\n" if kind == "mute" else "")
    words = ("deploy", "--project", PROJECT, "--progress", "json")
    began = time.monotonic()
    result = shop.run(*words, variables=dead, timeout=LONG)
    took = time.monotonic() - began
    faults.unlink()
    return shop, result, took


# At a dead one nothing listens; at a mute one something does, and never answers.
DEAD = [(service, kind) for service in ("s3", "codedeploy") for kind in ("dead", "mute")]


@TOGETHER
@pytest.mark.parametrize(("service", "kind"), DEAD)
def test_a_dead_endpoint_ends_within_the_retry_budget(patient, service, kind):
    shop, result, took = patient[dead_end, service, kind].result()
    assert result.returncode == 3, result
    assert last(result)["result"] == "refused"
    message = last(result)["problems"][0]["message"]
    assert "127.0.0.1:" in message
    # Retries begin within 90 seconds, and the last one may take its half minute.
    assert took < 125
    assert shop.deployments() == {}


@pytest.mark.parametrize("trouble", [trouble for trouble in TROUBLES if trouble != "hang"])
def test_no_answer_to_create_deployment_makes_a_second_one(open_shop, trouble):
    shop = open_shop("shop")
    result = deploy_amid(shop, f"codedeploy.CreateDeployment {trouble} times=2")
    assert result.returncode == 0, result
    assert shop.deployments() == {last(result)["deployment_id"]: "Succeeded"}
    codes = [event["code"] for event in events(result) if event["event"] == "notice"]
    assert ("answer-lost" in codes) == (trouble != "throttle"), codes


@pytest.mark.parametrize("trouble", ["unavailable", "lost", "half"])
def test_a_put_that_is_answered_badly_shows_one_revision(open_shop, trouble):
    """A small revision goes by one request; what was stored twice is the same."""
    shop = open_shop("shop")
    result = deploy_amid(shop, f"s3.PutObject {trouble} times=2")
    assert result.returncode == 0, result
    found = shop.client("s3").list_object_versions(Bucket="revisions")["Versions"]
    assert len({version["ETag"] for version in found}) == 1
    end = last(result)
    assert end["revision"]["version"] in {version["VersionId"] for version in found}


@pytest.mark.parametrize("trouble", ["lost", "half"])
def test_a_lost_answer_under_the_reference_policy_never_deploys_twice(
    open_shop, tmp_path, trouble
):
    """Listing is not allowed: slipway says that it cannot tell, rather than ask again."""
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps(REFERENCE_POLICY))
    shop = open_shop("shop", "--policy", policy)
    result = deploy_amid(shop, f"codedeploy.CreateDeployment {trouble} times=1")
    assert len(shop.deployments()) == 1
    assert result.returncode == 3, result
    assert last(result)["problems"][0]["code"] == "deployment-uncertain"


def test_a_silent_instance_does_not_keep_slipway_beyond_its_limit(open_shop):
    shop = open_shop("shop", "--fault", "my-app/instances silent")
    began = time.monotonic()
    result = shop.run("deploy", "--project", PROJECT, "--timeout", "2s")
    assert result.returncode == 5
    assert time.monotonic() - began < 10


def test_a_failing_instance_is_named(open_shop):
    shop = open_shop("shop", "--fault", "my-app/instances failing=Install")
    result = shop.run("deploy", "--project", PROJECT)
    assert result.returncode == 1
    assert b"at Install" in result.stderr


def uploads(shop):
    """What is being uploaded in parts, or was and still lies there."""
    found = shop.client("s3").list_multipart_uploads(Bucket="revisions")
    return found.get("Uploads", [])


@contextlib.contextmanager
def uploading(shop):
    """A deployment in the midst of an upload in parts, which comes to no end."""
    (shop.work / "large").write_bytes(os.urandom(12 << 20))
    (shop.folder / "state/faults").write_text("s3.UploadPart hang\n")
    with shop.running("deploy", "--project", PROJECT, "--progress", "json") as process:
        assert json.loads(process.stdout.readline())["event"] == "plan"
        wait_until(lambda: uploads(shop), "it uploads")
        yield process


def assert_nothing_is_left(shop):
    assert uploads(shop) == []
    assert shop.deployments() == {}
    [record] = history(shop)
    assert record["result"] == "interrupted"


def test_an_upload_is_cleared_away_when_nobody_reads_any_more(open_shop):
    shop = open_shop("shop")
    with uploading(shop) as process:
        process.stdout.close()
        # At the latest at the next line of how far it is.
        assert process.wait(timeout=PATIENCE) == 130
        assert b"nothing was deployed" in process.stderr.read()
    assert_nothing_is_left(shop)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_upload_is_cleared_away_when_interrupted(open_shop, sent):
    shop = open_shop("shop")
    with uploading(shop) as process:
        process.send_signal(sent)
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    end = json.loads(output.splitlines()[-1])
    assert (end["event"], end["result"], end["exit_code"]) == ("result", "interrupted", 130)
    assert_nothing_is_left(shop)


def test_a_killed_job_is_deployed_again_and_the_history_is_true(open_shop):
    """SIGKILL at random moments, SLIPWAY_KILLS times."""
    shop = open_shop("shop")
    (shop.work / "AfterInstall.sh").write_text("#!/bin/sh\nsleep 0.3\n")
    (shop.work / "large").write_bytes(os.urandom(12 << 20))
    words = ("deploy", "--project", PROJECT, "--when-busy", "wait", "--progress", "json")
    began = time.time()
    times = [
        (line["event"], datetime.fromisoformat(line["time"]).timestamp() - began)
        for line in events(shop(*words))
    ]
    made = dict(times)["created"]
    length = times[-1][1]
    generator = random.Random(20261124)
    moments = collections.Counter()
    for number in range(int(os.environ.get("SLIPWAY_KILLS", "10"))):
        shop.home.environment["SLIPWAY_BUILD_NUM"] = str(1000 + number)
        with shop.running(*words, stderr=subprocess.DEVNULL) as process:
            seen = []
            # Watching takes the most time, what comes before it has the most that can go wrong,
            # and of that the most just before there is a deployment whose id is known.
            if number % 3 == 0:
                time.sleep(generator.uniform(0, length))
            elif number % 3 == 1:
                time.sleep(generator.uniform(0, made * 1.1))
            else:
                seen = until(process.stdout, generator.choice(["packed", "uploaded", "registered"]))
                time.sleep(generator.uniform(0, 0.03))
            process.kill()
            lines = seen + process.stdout.read().splitlines()
        told = told_of_killed(shop, events_of(lines), 1000 + number)
        moments[last_event(lines), told] += 1
        again = shop.run(*words, timeout=LONG)
        assert again.returncode == 0, again
        assert_true(shop, again, number)
    assert_settled(shop)
    for (event, told), count in sorted(moments.items()):
        print(f"killed after {event}, said to be {told}: {count}")


def until(stream, event):
    """The lines up to the one of an event."""
    lines = []
    for line in stream:
        lines.append(line.rstrip(b"\n"))
        if json.loads(line)["event"] == event:
            break
    return lines


def events_of(lines):
    """The events of a job that was killed; the last line may be cut off."""
    whole = [line for line in lines if line.startswith(b"{") and line.endswith(b"}")]
    return [json.loads(line)["event"] for line in whole]


def last_event(lines):
    return (["nothing"] + events_of(lines))[-1]


def told_of_killed(shop, seen, build):
    """What the history says of a job that was killed, before anybody has asked AWS.

    A change is written down before it is told of.
    """
    records = [record for record in shop.records() if record["build_num"] == build]
    if not records:
        assert seen == []
        return "nothing"
    [record] = records
    result, id = record["result"], record["deployment_id"]
    if "result" in seen:
        assert (result, id is None) == ("succeeded", False), (seen, record)
    elif "created" in seen:
        assert id is not None and result in ("unfinished", "succeeded"), (seen, record)
    elif "registered" in seen:
        assert result == "unfinished", (seen, record)
    elif "uploaded" in seen:
        assert (result, id) in (("interrupted", None), ("unfinished", None)), (seen, record)
    else:
        assert (result, id) == ("interrupted", None), (seen, record)
    return result if id or result == "interrupted" else f"{result} without an id"


def assert_settled(shop):
    """Once what was on its way must have arrived, nothing is left that is not known."""
    with shop.connect() as database:
        database.execute(
            "UPDATE deployment SET requested_at = '2026-01-01T00:00:00.000Z'"
            " WHERE deployment_id IS NULL AND requested_at IS NOT NULL"
        )
    records = shop.records()
    while any(record["result"] == "unfinished" for record in records):
        before = records
        shop("deployments", "--refresh", "--project", PROJECT)
        records = shop.records()
        assert records != before
    for record in records:
        assert record["result"] == ("succeeded" if record["deployment_id"] else "interrupted")


def assert_true(shop, again, number):
    """What the history says of every attempt is what AWS says."""
    shop("deployments", "--refresh", "--project", PROJECT)
    real = shop.deployments()
    records = shop.records()
    known = [record["deployment_id"] for record in records if record["deployment_id"]]
    assert sorted(known) == sorted(real), (number, records[:3], real)
    for record in records:
        id = record["deployment_id"]
        if id is None:
            assert record["result"] in ("interrupted", "unfinished"), (number, record)
        else:
            assert record["result"] == real[id].lower(), (number, record)
    assert records[0]["deployment_id"] == last(again)["deployment_id"]
    assert records[0]["result"] == "succeeded"
