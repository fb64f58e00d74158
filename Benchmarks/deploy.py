"""Measures packaging with upload: `python Benchmarks/deploy.py --slipway RELEASE_BINARY`.

Both speak to one sandbox on loopback, in turns within one run: `slipway deploy --no-watch`, which
packs, uploads, registers and asks for a deployment, and `aws deploy push`, which packs, uploads and
registers. Whole commands are timed, Python's start included, and medians of the ratios of each
round printed: the machine's own speed cancels out. Beside it the start alone of the AWS CLI, for
who wants to subtract it. Then the memory of a deploy of 4 GiB, of zeros and of random bytes, which
takes 8 GiB of room. Needs boto3 and the AWS CLI beside the Python that runs it.
"""

import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import boto3
from package import APPSPEC, MEASURE, fill_python, fill_small, fill_swift

CIRCLE = """\
deployment:
  production:
    branch: master
    codedeploy:
      my-app:
        deployment_group: instances
        deployment_config: CodeDeployDefault.AllAtOnce
        application_root: /app
        region: us-east-1
        revision_location:
          revision_type: S3
          s3_location: {bucket: revisions, key_pattern: "apps/{SHORT_COMMIT}-{BUILD_NUM}"}
"""
DEPLOY = ["deploy", "--project", "acme/shop", "--branch", "master", "--commit", "0123456789" * 4]
AWS = pathlib.Path(sys.executable).parent / "aws"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slipway", required=True, type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--gibibytes", type=int, default=4, help="for the memory; 0 leaves it out")
    parser.add_argument("--only-memory", action="store_true")
    options = parser.parse_args()
    options.slipway = options.slipway.resolve()
    print(f"{os.cpu_count()} processors, {options.rounds} rounds each")
    if not options.only_memory:
        for name, fill in (("swift", fill_swift), ("python", fill_python), ("small", fill_small)):
            with shop(options.slipway) as (repository, environment):
                count, size = fill(repository / "app")
                print(f"\n{name}: {count} files, {size / 1e6:.1f} MB")
                compare(options, repository, environment)
    for content, fill in (("nothing but zeros", fill_sparse), ("random bytes", fill_random)):
        if not options.gibibytes:
            break
        with shop(options.slipway) as (repository, environment):
            fill(repository / "app/large", options.gibibytes)
            seconds, memory = deploy(options.slipway, repository, environment, 0)
            print(
                f"\n{options.gibibytes} GiB of {content}: slipway deploy took {seconds:.1f} s and "
                f"held at most {memory / (1 << 20):.0f} MiB (at most 128)"
            )


def fill_sparse(path, gibibytes):
    with open(path, "wb") as file:
        file.truncate(gibibytes << 30)


def fill_random(path, gibibytes):
    # Deflate looks back 32 KiB, and does not see that it repeats.
    block = os.urandom(1 << 20)
    with open(path, "wb") as file:
        for _ in range(gibibytes << 10):
            file.write(block)


@contextlib.contextmanager
def shop(slipway):
    """A repository to be filled, and the environment of what deploys it to a sandbox."""
    with tempfile.TemporaryDirectory() as folder:
        repository = pathlib.Path(folder, "repository")
        (repository / "app").mkdir(parents=True)
        (repository / ".git").mkdir()
        (repository / "circle.yml").write_text(CIRCLE)
        (repository / "app/appspec.yml").write_text(APPSPEC)
        command = [
            slipway, "sandbox", "--json", "--simulate", "--state", pathlib.Path(folder, "state"),
            "--bucket", "revisions", "--group", "my-app/instances",
        ]
        sandbox = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            facts = json.loads(sandbox.stdout.readline())
            yield repository, {
                "HOME": folder, "PATH": os.environ["PATH"], "LANG": "C.UTF-8",
                "AWS_ENDPOINT_URL": facts["endpoint"],
                "AWS_ACCESS_KEY_ID": facts["access_key_id"],
                "AWS_SECRET_ACCESS_KEY": facts["secret_access_key"],
                "AWS_REGION": facts["region"], "AWS_DEFAULT_REGION": facts["region"],
            }
        finally:
            sandbox.terminate()
            sandbox.wait()


def compare(options, repository, environment):
    ours, theirs, starts = [], [], []
    peaks = {"slipway": 0, "aws": 0}
    for number in range(options.rounds):
        seconds, memory = deploy(options.slipway, repository, environment, number)
        ours.append(seconds)
        peaks["slipway"] = max(peaks["slipway"], memory)
        seconds, memory = push(repository, environment, number)
        theirs.append(seconds)
        peaks["aws"] = max(peaks["aws"], memory)
        starts.append(measure([AWS, "--version"], repository, environment)[0])
    check_uploads(environment, options.rounds)
    print(f"  slipway deploy --no-watch  {statistics.median(ours):7.2f} s")
    print(f"  aws deploy push            {statistics.median(theirs):7.2f} s")
    print(f"  aws --version              {statistics.median(starts):7.2f} s")
    ratio = statistics.median(b / a for a, b in zip(ours, theirs))
    rest = statistics.median((b - c) / a for a, b, c in zip(ours, theirs, starts))
    print(f"  slipway is {ratio:.2f} times as fast (at least 4)")
    print(f"  and {rest:.2f} times without the start of the AWS CLI")
    for name, peak in peaks.items():
        print(f"  {name} held at most {peak / (1 << 20):.0f} MiB")


def deploy(slipway, repository, environment, number):
    # The group need not be waited for: the one before is over, or is waited for in the time.
    words = [*DEPLOY, "--build-num", str(number), "--no-watch", "--progress", "quiet"]
    words += ["--when-busy", "wait"]
    return measure([slipway, *words], repository, environment)


def push(repository, environment, number):
    words = [
        "deploy", "push", "--application-name", "my-app", "--source", repository / "app",
        "--s3-location", f"s3://revisions/aws/{number}",
    ]
    return measure([AWS, *words], repository, environment)


def check_uploads(environment, rounds):
    """That nothing was left out: as many revisions by either, of nearly one size."""
    found = boto3.client(
        "s3", endpoint_url=environment["AWS_ENDPOINT_URL"], region_name="us-east-1",
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    ).list_objects_v2(Bucket="revisions")["Contents"]
    sizes = {prefix: [o["Size"] for o in found if o["Key"].startswith(prefix)]
             for prefix in ("apps/", "aws/")}
    assert [len(sizes[prefix]) for prefix in sizes] == [rounds, rounds], sizes
    ratio = sizes["aws/"][0] / sizes["apps/"][0]
    print(f"  slipway's archive has {sizes['apps/'][0]} bytes, the AWS CLI's {ratio:.4f} times that")


def measure(command, folder, environment):
    result = subprocess.run(
        [sys.executable, "-ISc", MEASURE, *command],
        cwd=folder, env=environment, capture_output=True,
    )
    if result.returncode != 0:
        sys.exit(f"{command[0]} ended with {result.returncode}")
    seconds, memory = result.stdout.splitlines()[0].split()
    return float(seconds), int(memory)


if __name__ == "__main__":
    main()
