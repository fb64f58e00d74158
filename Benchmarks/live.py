"""Measures the live screen at size: `python Benchmarks/live.py --slipway RELEASE_BINARY`.

`slipway watch` on a pseudo-terminal watches deployments to 1,000 simulated instances of the sandbox,
of which some fail, each lifecycle event taking a few seconds. One is watched untouched from its
beginning to its end: frames and bytes in the worst second and on average, processor time, memory.
During the next, keys are pressed: how long each takes until what it changes is on the screen, and
how much is written when all is over. Both at two sizes. What came when is written down and looked
into afterwards, so that looking costs nobody anything. Needs boto3 and pyte.
"""

import argparse
import collections
import contextlib
import itertools
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time

import boto3
import pyte
from screens import Terminal, report

GROUP = {"applicationName": "shop", "deploymentGroupName": "web"}
PLACE = {"bucket": "revisions", "key": "app.zip", "bundleType": "zip"}
FAILING = 10
# What comes closer together than this is one frame.
GAP = 0.004
# Seconds in which the screen comes to show what there is.
FIRST = 1
# Between two keys.
WAIT = 0.05
PAGE_DOWN, PAGE_UP = b"\x1b[6~", b"\x1b[5~"
# Each changes something, and all of one kind together leave it as it was.
KEYS = {
    "moving": [b"j"] * 6 + [b"k"] * 4 + [PAGE_DOWN, PAGE_DOWN, PAGE_UP, PAGE_UP],
    "filtering": [bytes([byte]) for byte in b"/i-0"] + [b"\x7f"] * 3 + [b"\r"],
    "by status": [b"t"] * 6,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slipway", required=True, type=pathlib.Path)
    parser.add_argument("--instances", type=int, default=1000)
    parser.add_argument("--event-seconds", default="3-9")
    parser.add_argument("--sandbox", type=pathlib.Path, help="another binary for the sandbox")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sandbox(options, folder) as facts:
        for width, height in ((80, 24), (200, 60)):
            print(f"{options.instances} instances, {width}x{height}")
            watch_untouched(Screen(options, folder, facts, width, height))
            watch_with_keys(Screen(options, folder, facts, width, height))


@contextlib.contextmanager
def sandbox(options, folder):
    command = [
        (options.sandbox or options.slipway).resolve(), "sandbox", "--json", "--state",
        pathlib.Path(folder, "state"), "--simulate", "--event-seconds", options.event_seconds,
        "--bucket", "revisions", "--group", f"shop/web:{options.instances}",
    ]  # fmt: skip
    for number in range(FAILING):
        instance = number * options.instances // FAILING + 1
        command += ["--fault", f"shop/web:{instance} failing=AfterInstall"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        facts = json.loads(process.stdout.readline())
        client(facts, "s3").put_object(Bucket="revisions", Key="app.zip", Body=b"PK")
        yield facts
    finally:
        process.terminate()
        process.wait()


def client(facts, service):
    return boto3.client(
        service, endpoint_url=facts["endpoint"], region_name=facts["region"],
        aws_access_key_id=facts["access_key_id"],
        aws_secret_access_key=facts["secret_access_key"],
    )  # fmt: skip


class Screen(Terminal):
    """`slipway watch` of a new deployment, and when it wrote what."""

    def __init__(self, options, folder, facts, width, height):
        self.codedeploy = client(facts, "codedeploy")
        self.deployment = self.codedeploy.create_deployment(
            **GROUP, revision={"revisionType": "S3", "s3Location": PLACE},
            deploymentConfigName="CodeDeployDefault.AllAtOnce",
        )["deploymentId"]  # fmt: skip
        environment = {
            "HOME": folder, "PATH": os.environ["PATH"], "LANG": "C.UTF-8",
            "TERM": "xterm-256color", "AWS_ENDPOINT_URL": facts["endpoint"],
            "AWS_ACCESS_KEY_ID": facts["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": facts["secret_access_key"],
        }  # fmt: skip
        self.size = width, height
        self.pieces = []
        arguments = ["watch", self.deployment, "--region", facts["region"]]
        super().__init__(options.slipway, environment, width, height, arguments)

    def __exit__(self, *_):
        os.write(self.master, b"q")
        self.until_end()
        os.close(self.master)

    def read(self, timeout):
        data = super().read(timeout)
        if data:
            self.pieces.append((time.perf_counter(), data))
        return data

    def until_end(self):
        """Reads until the program ends; says what it used."""
        while True:
            pid, _, usage = os.wait4(self.process.pid, os.WNOHANG)
            if pid:
                self.process.returncode = 0
                self.ended = time.perf_counter()
                return usage
            self.read(0.1)

    def is_over(self):
        info = self.codedeploy.get_deployment(deploymentId=self.deployment)["deploymentInfo"]
        return info["status"] in {"Succeeded", "Failed", "Stopped"}

    def press(self, key):
        """When the key was pressed."""
        pressed = time.perf_counter()
        os.write(self.master, key)
        while (rest := pressed + WAIT - time.perf_counter()) > 0:
            self.read(rest)
        return pressed

    def looks(self):
        """After each piece: which instance was chosen, and what was filtered by."""
        screen = pyte.Screen(*self.size)
        stream = pyte.ByteStream(screen)
        looks = []
        for moment, data in self.pieces:
            stream.feed(data)
            text = "\n".join(screen.display)
            chosen = re.search(r"^ ▸ . (i-\w+)", text, re.MULTILINE)
            filtered = re.findall(r"^ only \w+(?: \w+)*|^ (?:only .*)?/ \S*", text, re.MULTILINE)
            looks.append((moment, chosen and chosen[1], filtered))
        return looks


def watch_untouched(screen):
    paint = screen.until(b"\x1b[")
    rows = screen.until(b"i-0")
    usage = screen.until_end()
    os.close(screen.master)
    seconds = screen.ended - screen.began
    frames, last = [], 0
    for moment, data in screen.pieces:
        if moment - last > GAP:
            frames.append([moment, 0])
        last = moment
        frames[-1][1] += len(data)
    # The last second is the end of the program, which gives the screen back.
    frames = [frame for frame in frames if frame[0] < screen.ended - 1]
    written = sum(count for _, count in frames)
    # The whole screen is drawn once, at once; what counts is what is written from then on.
    first = [count for moment, count in frames if moment < screen.began + FIRST]
    later = [frame for frame in frames if frame[0] >= screen.began + FIRST]
    line("the deployment took", f"{seconds:.0f} s")
    line("first paint", f"{paint * 1000:.0f} ms", "100 ms")
    line("first instances", f"{rows * 1000:.0f} ms")
    most = worst_second((moment, 1) for moment, _ in frames)
    line("frames in the worst second", most, 12)
    line("frames a second", f"{len(frames) / seconds:.1f}")
    line("bytes of the first second", sum(first))
    line("bytes in the worst second after it", worst_second(later), 8192)
    line("bytes a second", f"{written / seconds:.0f}", 8192)
    line("bytes of a frame", f"{written / max(1, len(frames)):.0f}")
    share = (usage.ru_utime + usage.ru_stime) / seconds
    line("of one core", f"{share:.1%}", "10 %")
    line("memory at most", f"{usage.ru_maxrss / 1024:.0f} MiB")


def worst_second(moments):
    """The most that came within any one second."""
    window, total, worst = collections.deque(), 0, 0
    for moment, amount in moments:
        window.append((moment, amount))
        total += amount
        while window[0][0] <= moment - 1:
            total -= window.popleft()[1]
        worst = max(worst, total)
    return worst


def watch_with_keys(screen):
    pressed = {kind: [] for kind in KEYS}
    with screen:
        screen.until(b"i-0")
        for kind in itertools.cycle(KEYS):
            if screen.is_over():
                break
            pressed[kind] += [screen.press(key) for key in KEYS[kind]]
        # The clock, which goes every second, has stopped.
        screen.settle(quiet=2)
        idle = screen.count_for(5)
    looks = screen.looks()
    for kind, moments in pressed.items():
        times = list(paints(looks, moments, 1 if kind == "moving" else 2))
        report(f"  key to paint, {kind}", times, 16)
        line("keys that changed nothing", len(moments) - len(times))
    line("bytes in 5 s when it is over", idle, 0)


def paints(looks, pressed, part):
    """How long each key took until a part of what is looked at had changed."""
    for moment in pressed:
        before = [look for look in looks if look[0] <= moment][-1]
        until = moment + WAIT
        changed = [
            look[0] for look in looks if moment < look[0] <= until and look[part] != before[part]
        ]
        if changed:
            yield changed[0] - moment


def line(what, figure, limit=None):
    print(f"  {what}: {figure}" + ("" if limit is None else f" (limit {limit})"))


if __name__ == "__main__":
    main()
