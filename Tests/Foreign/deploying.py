"""What the tests of `slipway deploy` share."""

import json
import re
from pathlib import Path

from conftest import PROJECT

BUILD = {
    "SLIPWAY_BRANCH": "master",
    "SLIPWAY_COMMIT": "0123456789abcdef0123456789abcdef01234567",
    "SLIPWAY_BUILD_NUM": "42",
}
KEY = "apps/my-app-0123456-42"

CIRCLE = """\
deployment:
  production:
    branch: master
    codedeploy:
      my-app:
        deployment_group: instances
        deployment_config: CodeDeployDefault.AllAtOnce
        application_root: /
        region: us-east-1
        revision_location:
          revision_type: S3
          s3_location:
            bucket: revisions
            key_pattern: apps/my-app-{SHORT_COMMIT}-{BUILD_NUM}
"""
APPSPEC = "version: 0.0\nos: linux\nfiles:\n  - source: /\n    destination: /srv/shop\n"
SANDBOX = ["--bucket", "revisions,versioned", "--group", "my-app/instances"]

SAID_OTHERWISE = {
    # Names of things that the text says in other words, and what differs from run to run.
    "schema", "time", "event", "code", "severity", "rollback", "result", "deployment_id",
    "console_url", "version", "number", "count",
}


def deploy(shop, *words, status=0, **options):
    return shop("deploy", "--project", PROJECT, *words, status=status, **options)


def events(result):
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert all(line["schema"] == 1 and "time" in line for line in lines)
    return lines


def last(result):
    line = events(result)[-1]
    assert line["event"] == "result"
    assert line["exit_code"] == result.returncode
    return line


def history(shop):
    return json.loads(shop("deployments", "--project", PROJECT, "--json").stdout)


def leaves(value, skipped):
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in skipped or isinstance(inner, (dict, list)):
                yield from leaves(inner, skipped)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, skipped)
    elif isinstance(value, str):
        for line in re.split(r"[\r\n]", value):
            yield re.split(r"[\x00-\x1f\u202e]", line)[0]



class Shop:
    """A repository that can be deployed to a sandbox; called, it runs slipway in it."""

    def __init__(self, home, sandbox):
        self.home = home
        self.sandbox = sandbox
        self.work = home.work
        (self.work / "circle.yml").write_text(CIRCLE)
        (self.work / "appspec.yml").write_text(APPSPEC)
        (self.work / "page").write_text("hello")
        (self.work / ".git").mkdir()
        home.environment |= {**BUILD, "AWS_ENDPOINT_URL": sandbox.endpoint}
        facts = sandbox.facts
        home.set_keys(
            facts["secret_access_key"].encode(), access_key_id=facts["access_key_id"]
        )

    def __getattr__(self, name):
        return getattr(self.home, name)

    def __call__(self, *words, **options):
        return self.home(*words, **options)

    def client(self, service):
        """A client that may do everything, for looking at what was done."""
        return self.sandbox.client(service, admin="admin_access_key_id" in self.sandbox.facts)

    def deployments(self):
        """The status of every deployment that was ever made, by its id."""
        client = self.client("codedeploy")
        pages = client.get_paginator("list_deployments").paginate()
        return {id: self.info(id)["status"] for page in pages for id in page["deployments"]}

    def records(self):
        """The whole history."""
        words = ("deployments", "--project", PROJECT, "--limit", "10000", "--json")
        return json.loads(self(*words).stdout)

    def info(self, id):
        return self.client("codedeploy").get_deployment(deploymentId=id)["deploymentInfo"]

    def roots(self, group="instances"):
        return [Path(instance["root"]) for instance in self.sandbox.facts["instances"][group]]

    def hook(self, event, script):
        """Has a script run at an event, besides those that do already."""
        appspec = self.work / "appspec.yml"
        text = appspec.read_text()
        text += "" if "hooks:" in text else "hooks:\n"
        appspec.write_text(text + f"  {event}:\n    - location: {event}.sh\n      timeout: 60\n")
        (self.work / f"{event}.sh").write_text("#!/bin/sh\n" + script)
        (self.work / f"{event}.sh").chmod(0o755)
