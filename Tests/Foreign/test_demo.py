"""The demo on machines that are not as it would like them, and ended half way."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest
from conftest import wait_until


def leftovers(slipway):
    """What is still there of a demo: files, and processes that have something to do with them."""
    found = list(slipway.temporary.iterdir())
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
            folder = os.readlink(process / "cwd")
        except OSError:
            continue
        if str(slipway.temporary) in folder or str(slipway.temporary).encode() in words:
            found.append(words)
    return found


def everything_below(folder):
    return sorted(str(path) for path in folder.rglob("*"))


@pytest.fixture
def hideouts(tmp_path, slipway):
    """slipway without bubblewrap: where it lies there is something that cannot be run."""
    place = shutil.which("bwrap")
    if place is None:
        return []
    empty = slipway.work / "empty"
    empty.touch()
    return [place, "--dev-bind", "/", "/", "--ro-bind", empty, place]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(
    "moment", ["Everything is in", "keys set", "to staging in", "ApplicationStart InProgress"]
)
def test_a_demo_that_is_ended_leaves_nothing(slipway, number, moment):
    output = slipway.work / "output"
    with (
        output.open("wb") as stream,
        slipway.running("demo", stdout=stream, stderr=stream) as process,
    ):
        wait_until(lambda: moment in output.read_text(), moment)
        process.send_signal(number)
        assert process.wait(timeout=30) == 130, output.read_text()
    wait_until(lambda: leftovers(slipway) == [], leftovers(slipway))


def test_folders_that_are_closed_and_written_to_are_removed_too(slipway):
    """For an ordinary user: nothing is closed to root."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        place = Path(name)
        place.chmod(0o777)
        words = [slipway.binary, "demo"]
        if os.geteuid() == 0:
            words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *words]
        environment = {**slipway.environment, "HOME": name, "TMPDIR": name}
        with (
            (place / "output").open("wb") as stream,
            subprocess.Popen(
                words, stdout=stream, stderr=stream, env=environment, cwd=name
            ) as process,
        ):
            wait_until(lambda: list(place.glob("slipway-demo-*/shop")), "it has begun")
            [folder] = place.glob("slipway-demo-*")
            closed = folder / "shop" / "closed"
            closed.mkdir()
            (closed / "file").touch()
            os.chown(closed, process_owner(process), -1)
            closed.chmod(0)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 130
        assert list(place.glob("slipway-demo-*")) == [], (place / "output").read_text()
        assert "cannot remove" not in (place / "output").read_text()


def process_owner(process):
    return os.stat(f"/proc/{process.pid}").st_uid


def test_a_reader_that_goes_away_leaves_nothing(slipway):
    with slipway.running("demo") as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=30) != 0
    wait_until(lambda: leftovers(slipway) == [], leftovers(slipway))


def test_nothing_of_this_machine_disturbs_it(slipway):
    (slipway.folder / ".gitconfig").write_text(
        "[commit]\ngpgsign = true\n[core]\nhooksPath = /nowhere\n[init]\ndefaultBranch = main\n"
    )
    (slipway.work / "circle.yml").write_text("not: [yaml")
    before = everything_below(slipway.folder)
    disturbing = {
        "AWS_PROFILE": "nobody",
        "AWS_ACCESS_KEY_ID": "AKIAOTHEROTHEROTHERO",
        "CIRCLECI": "true",
        "CIRCLE_BRANCH": "feature",
        "GITHUB_ACTIONS": "true",
        "GITHUB_REF_NAME": "other",
        "GIT_DIR": "/nowhere",
        "GIT_AUTHOR_NAME": "",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "SLIPWAY_DATABASE": "/nowhere/slipway.db",
        "SLIPWAY_UNLOCK_KEY": "wrong",
        "SLIPWAY_BRANCH": "feature",
    }
    result = slipway("demo", variables=disturbing)
    assert result.stdout.count(b"$ slipway deploy\n") == 3
    assert b"\nshop: succeeded" in result.stdout and b"\nshop: failed" in result.stdout
    assert b"\x1b" not in result.stdout + result.stderr
    assert everything_below(slipway.folder) == before


def test_without_bubblewrap_it_says_so_and_runs_its_hooks_all_the_same(slipway, hideouts):
    result = subprocess.run(
        [*hideouts, slipway.binary, "demo"],
        capture_output=True,
        timeout=60,
        env=slipway.environment,
        cwd=slipway.work,
    )
    assert result.returncode == 0, result
    assert b"Hooks run without bubblewrap here" in result.stderr
    assert b"index.html links to tea.html" in result.stderr
    assert leftovers(slipway) == []


def test_without_git_it_says_so(slipway):
    (slipway.work / "bin").mkdir()
    result = slipway("demo", status=2, variables={"PATH": str(slipway.work / "bin")})
    assert b"fix: the demo needs git: install it" in result.stderr
    assert leftovers(slipway) == []


def test_a_folder_that_is_kept_is_good_to_go_on_in(slipway):
    result = slipway("demo", "--keep").stdout.decode()
    way_on = result.split("to go on where it was:\n")[1]
    folder = way_on.split("rm -r ")[1].strip()
    enter = way_on.splitlines()[0].strip()
    go_on = "slipway sandbox --state ../aws -- slipway deploy"
    assert go_on in way_on
    environment = {**slipway.environment, "PATH": f"{folder}/bin:{slipway.environment['PATH']}"}
    script = (
        f"{enter} && git checkout -q development && "
        f"{go_on} && slipway deployments --json && {way_on.splitlines()[-1]}"
    )
    shell = subprocess.run(
        ["sh", "-c", script], capture_output=True, timeout=60, env=environment, cwd=slipway.work
    )
    assert shell.returncode == 0, shell
    assert shell.stdout.count(b'"succeeded"') >= 3
    assert leftovers(slipway) == []
