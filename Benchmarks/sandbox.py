"""Measures the sandbox at size: `python Benchmarks/sandbox.py --slipway RELEASE_BINARY`.

Deploys to 1,000 simulated instances, again and again, and asks meanwhile how far it is. Says how
long `get-deployment` took and how much memory the sandbox ever used. Needs boto3.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import boto3
from botocore.config import Config

GROUP = {"applicationName": "shop", "deploymentGroupName": "web"}
CONFIGURATIONS = ["AllAtOnce", "HalfAtATime", "OneAtATime"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slipway", required=True, type=pathlib.Path)
    parser.add_argument("--instances", type=int, default=1000)
    parser.add_argument("--deployments", type=int, default=12)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [
            options.slipway.resolve(), "sandbox", "--json", "--simulate", "--state", folder,
            "--bucket", "revisions", "--group", f"shop/web:{options.instances}",
        ]
        sandbox = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        try:
            measure(sandbox, json.loads(sandbox.stdout.readline()), options)
        finally:
            sandbox.terminate()
            sandbox.wait()


def measure(sandbox, facts, options):
    def client(service):
        return boto3.client(
            service, endpoint_url=facts["endpoint"], region_name=facts["region"],
            aws_access_key_id=facts["access_key_id"],
            aws_secret_access_key=facts["secret_access_key"],
            config=Config(retries={"total_max_attempts": 1}),
        )

    client("s3").put_object(Bucket="revisions", Key="app.zip", Body=b"PK")
    codedeploy = client("codedeploy")
    place = {"bucket": "revisions", "key": "app.zip", "bundleType": "zip"}
    durations, answers = [], []
    for number in range(options.deployments):
        configuration = CONFIGURATIONS[number % len(CONFIGURATIONS)]
        began = time.monotonic()
        deployment = codedeploy.create_deployment(
            **GROUP, revision={"revisionType": "S3", "s3Location": place},
            deploymentConfigName=f"CodeDeployDefault.{configuration}",
        )["deploymentId"]
        while True:
            asked = time.monotonic()
            info = codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"]
            answers.append((time.monotonic() - asked) * 1000)
            if info["status"] in {"Succeeded", "Failed", "Stopped"}:
                break
        assert info["status"] == "Succeeded", info
        durations.append(time.monotonic() - began)
    print(
        f"{options.deployments} deployments to {options.instances} instances took "
        f"{statistics.median(durations):.2f} s each"
    )
    answers.sort()
    print(
        f"get-deployment meanwhile, boto3 included, {len(answers)} times: median "
        f"{statistics.median(answers):.1f} ms, 99th percentile "
        f"{answers[len(answers) * 99 // 100]:.1f} ms"
    )
    status = pathlib.Path(f"/proc/{sandbox.pid}/status").read_text()
    peak = int(status.split("VmHWM:")[1].split()[0])
    print(f"the sandbox used {peak / 1024:.0f} MiB at most")


if __name__ == "__main__":
    main()
