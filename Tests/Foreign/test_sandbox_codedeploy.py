"""The sandbox's CodeDeploy, judged by the AWS CLI, by boto3 and by botocore's service model."""

import io
import json
import random
import re
import signal
import time
import zipfile
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from conftest import REFERENCE_POLICY, wait_until

ROLE = "arn:aws:iam::123456789012:role/codedeploy"
GROUP = {"applicationName": "shop", "deploymentGroupName": "web"}
EVENTS = [
    "ApplicationStop", "DownloadBundle", "BeforeInstall", "Install", "AfterInstall",
    "ApplicationStart", "ValidateService",
]
APPSPEC = "version: 0.0\nos: linux\nfiles:\n  - source: /index.html\n    destination: /srv/shop\n"
ALL_AT_ONCE = "CodeDeployDefault.AllAtOnce"

# What each answer has to have besides what the model requires, which is nothing: clients read these.
EXPECTED = {
    "CreateApplication": {"applicationId"},
    "GetApplication": {"application"},
    "BatchGetApplications": {"applicationsInfo"},
    "ListApplications": {"applications"},
    "CreateDeploymentGroup": {"deploymentGroupId"},
    "GetDeploymentGroup": {"deploymentGroupInfo"},
    "BatchGetDeploymentGroups": {"deploymentGroupsInfo"},
    "ListDeploymentGroups": {"applicationName", "deploymentGroups"},
    "UpdateDeploymentGroup": {"hooksNotCleanedUp"},
    "DeleteDeploymentGroup": {"hooksNotCleanedUp"},
    "CreateDeploymentConfig": {"deploymentConfigId"},
    "GetDeploymentConfig": {"deploymentConfigInfo"},
    "ListDeploymentConfigs": {"deploymentConfigsList"},
    "GetApplicationRevision": {"applicationName", "revision", "revisionInfo"},
    "BatchGetApplicationRevisions": {"applicationName", "revisions"},
    "ListApplicationRevisions": {"revisions"},
    "CreateDeployment": {"deploymentId"},
    "GetDeployment": {"deploymentInfo"},
    "BatchGetDeployments": {"deploymentsInfo"},
    "ListDeployments": {"deployments"},
    "StopDeployment": {"status", "statusMessage"},
    "ListDeploymentTargets": {"targetIds"},
    "GetDeploymentTarget": {"deploymentTarget"},
    "BatchGetDeploymentTargets": {"deploymentTargets"},
    "ListDeploymentInstances": {"instancesList"},
    "GetDeploymentInstance": {"instanceSummary"},
    "BatchGetDeploymentInstances": {"instancesSummary"},
    "ListTagsForResource": {"Tags"},
}
# And these the structures in them.
EXPECTED_MEMBERS = {
    "ApplicationInfo": {"applicationId", "applicationName", "createTime", "computePlatform"},
    "DeploymentGroupInfo": {
        "applicationName", "deploymentGroupId", "deploymentGroupName", "deploymentConfigName",
        "serviceRoleArn", "deploymentStyle", "computePlatform",
    },
    "DeploymentConfigInfo": {
        "deploymentConfigId", "deploymentConfigName", "minimumHealthyHosts", "computePlatform",
    },
    "DeploymentInfo": {
        "applicationName", "deploymentGroupName", "deploymentConfigName", "deploymentId",
        "revision", "status", "createTime", "creator", "ignoreApplicationStopFailures",
        "updateOutdatedInstancesOnly", "deploymentStyle", "fileExistsBehavior", "computePlatform",
    },
    "DeploymentOverview": {"Pending", "InProgress", "Succeeded", "Failed", "Skipped", "Ready"},
    "DeploymentTarget": {"deploymentTargetType", "instanceTarget"},
    "InstanceTarget": {
        "deploymentId", "targetId", "targetArn", "status", "lastUpdatedAt", "lifecycleEvents",
    },
    "InstanceSummary": {
        "deploymentId", "instanceId", "status", "lastUpdatedAt", "lifecycleEvents",
    },
    "LifecycleEvent": {"lifecycleEventName", "status"},
    "Diagnostics": {"errorCode", "scriptName", "message", "logTail"},
    "LastDeploymentInfo": {"deploymentId", "status", "createTime"},
    "GenericRevisionInfo": {"registerTime", "deploymentGroups"},
    "ErrorInformation": {"code", "message"},
    "S3Location": {"bucket", "key", "bundleType"},
}
# AWS answers with it though its model has it not.
BEYOND_THE_MODEL = {("MinimumHealthyHostsType", "MOST_CONCURRENCY")}


def judge(shape, value, path):
    """What is wrong with a value, as far as the service model can tell."""
    if value is None:
        yield f"{path} is null"
    elif shape.type_name == "structure":
        if not isinstance(value, dict):
            yield f"{path} is no object"
            return
        for name in value.keys() - shape.members.keys():
            yield f"{path}.{name} is unknown"
        for name in set(shape.required_members) - value.keys():
            yield f"{path}.{name} is missing"
        for name in EXPECTED_MEMBERS.get(shape.name, set()) - value.keys():
            yield f"{path}.{name} is missing, and clients read it"
        for name in value.keys() & shape.members.keys():
            yield from judge(shape.members[name], value[name], f"{path}.{name}")
    elif shape.type_name == "list":
        for index, item in enumerate(value):
            yield from judge(shape.member, item, f"{path}[{index}]")
    elif shape.type_name == "timestamp":
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield f"{path} is no number of seconds: {value!r}"
    elif shape.type_name == "string":
        enum = getattr(shape, "enum", None)
        if not isinstance(value, str):
            yield f"{path} is no text: {value!r}"
        elif enum and value not in enum and (shape.name, value) not in BEYOND_THE_MODEL:
            yield f"{path} is {value!r}, which is none of {enum}"
    elif shape.type_name == "boolean":
        if not isinstance(value, bool):
            yield f"{path} is no boolean: {value!r}"
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        yield f"{path} is no number: {value!r}"


class Judged:
    """A CodeDeploy client whose every answer is judged by the model, before boto3 parses it."""

    def __init__(self, sandbox, **options):
        self.client = sandbox.client("codedeploy", **options)
        self.asked = set()
        self.client.meta.events.register("before-parse.codedeploy", self._judge)

    def _judge(self, operation_model, response_dict, **_):
        name = operation_model.name
        if response_dict["status_code"] != 200:
            error = json.loads(response_dict["body"])
            assert set(error) == {"__type", "message"} or set(error) == {"__type", "Message"}
            return
        self.asked.add(name)
        answer = json.loads(response_dict["body"] or b"{}")
        flaws = [f"{name}: {field} is missing" for field in EXPECTED.get(name, set()) - answer.keys()]
        if operation_model.output_shape is None:
            flaws += [f"{name} answers {answer}"] * (answer != {})
        else:
            flaws += judge(operation_model.output_shape, answer, name)
        assert not flaws, flaws

    def __getattr__(self, name):
        return getattr(self.client, name)


def make_group(client, **options):
    client.create_application(applicationName="shop")
    client.create_deployment_group(**GROUP, serviceRoleArn=ROLE, **options)


def revision(key="app.zip", **more):
    place = {"bucket": "revisions", "key": key, "bundleType": "zip", **more}
    return {"revisionType": "S3", "s3Location": place}


def upload(sandbox, key="app.zip", body=b"PK"):
    s3 = sandbox.client("s3", admin="admin_access_key_id" in sandbox.facts)
    try:
        s3.create_bucket(Bucket="revisions")
    except ClientError as error:
        assert error.response["Error"]["Code"] == "BucketAlreadyOwnedByYou"
    return s3.put_object(Bucket="revisions", Key=key, Body=body)["ETag"].strip('"')


def deploy(client, wait=True, configuration=ALL_AT_ONCE, **options):
    answer = client.create_deployment(
        **GROUP, revision=options.pop("revision", revision()), deploymentConfigName=configuration,
        **options,
    )
    deployment = answer["deploymentId"]
    if wait:
        wait_until(lambda: status(client, deployment) in {"Succeeded", "Failed", "Stopped"}, "end")
    return deployment


def status(client, deployment):
    return client.get_deployment(deploymentId=deployment)["deploymentInfo"]["status"]


def refused(call, **input):
    with pytest.raises(ClientError) as caught:
        call(**input)
    return caught.value.response["Error"]


def test_the_aws_cli_does_a_whole_deployment(start, slipway):
    sandbox = start("--simulate", "--instances", "3")
    aws = sandbox.aws

    def ask(*words):
        return json.loads(aws("deploy", *words))

    aws("s3", "mb", "s3://revisions")
    aws(
        "s3api", "put-bucket-versioning", "--bucket", "revisions",
        "--versioning-configuration", "Status=Enabled",
    )
    ask("create-application", "--application-name", "shop")
    group = ["--application-name", "shop", "--deployment-group-name", "web"]
    ask(
        "create-deployment-group", *group, "--service-role-arn", ROLE,
        "--ec2-tag-filters", "Key=Name,Value=web,Type=KEY_AND_VALUE",
    )
    source = slipway.work / "shop"
    source.mkdir()
    (source / "appspec.yml").write_text(APPSPEC)
    (source / "index.html").write_text("hello")
    pushed = aws(
        "deploy", "push", "--application-name", "shop", "--s3-location", "s3://revisions/shop.zip",
        "--source", str(source),
    )
    place = re.search(r"--s3-location (\S+)", pushed)[1]
    assert "eTag=" in place and "version=" in place
    deployment = ask("create-deployment", *group, "--s3-location", place)["deploymentId"]
    aws("deploy", "wait", "deployment-successful", "--deployment-id", deployment)

    info = ask("get-deployment", "--deployment-id", deployment)["deploymentInfo"]
    assert info["status"] == "Succeeded"
    assert info["deploymentOverview"]["Succeeded"] == 3
    assert info["deploymentConfigName"] == "CodeDeployDefault.OneAtATime"
    targets = ask("list-deployment-targets", "--deployment-id", deployment)["targetIds"]
    assert len(targets) == 3
    batch = ask(
        "batch-get-deployment-targets", "--deployment-id", deployment, "--target-ids", *targets
    )["deploymentTargets"]
    for target in batch:
        events = target["instanceTarget"]["lifecycleEvents"]
        assert [event["lifecycleEventName"] for event in events] == EVENTS
        assert {event["status"] for event in events} == {"Succeeded"}
    assert ask("list-deployments", *group)["deployments"] == [deployment]
    assert ask("list-deployments")["deployments"] == [deployment]
    aws("deploy", "stop-deployment", "--deployment-id", deployment, status=255)
    assert "eTag" in json.dumps(ask("list-application-revisions", "--application-name", "shop"))


def test_every_answer_is_what_the_service_model_says(start):
    sandbox = start("--simulate", "--instances", "2")
    client = Judged(sandbox)
    etag = upload(sandbox)
    tags = [{"Key": "team", "Value": "web"}]
    make_group(
        client, tags=tags, ec2TagFilters=[{"Key": "Name", "Value": "w", "Type": "KEY_AND_VALUE"}],
        autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_FAILURE"]},
        alarmConfiguration={"enabled": True, "alarms": [{"name": "a"}]},
        triggerConfigurations=[
            {"triggerName": "t", "triggerTargetArn": "arn:aws:sns:us-east-1:1:t",
             "triggerEvents": ["DeploymentFailure"]}
        ],
    )
    client.get_application(applicationName="shop")
    client.batch_get_applications(applicationNames=["shop"])
    client.list_applications()
    client.update_application(applicationName="shop", newApplicationName="store")
    client.update_application(applicationName="store", newApplicationName="shop")
    hosts = {"type": "HOST_COUNT", "value": 1}
    client.create_deployment_config(deploymentConfigName="mine", minimumHealthyHosts=hosts)
    for name in client.list_deployment_configs()["deploymentConfigsList"]:
        client.get_deployment_config(deploymentConfigName=name)
    client.delete_deployment_config(deploymentConfigName="mine")

    client.register_application_revision(
        applicationName="shop", revision=revision(eTag=etag), description="first"
    )
    good = deploy(client, description="good", revision=revision(eTag=etag))
    failed = deploy(client, revision=revision("missing.zip"))
    rollback = client.get_deployment(deploymentId=failed)["deploymentInfo"]["rollbackInfo"][
        "rollbackDeploymentId"
    ]
    wait_until(lambda: status(client, rollback) == "Succeeded", "the rollback")
    client.get_application_revision(applicationName="shop", revision=revision(eTag=etag))
    client.batch_get_application_revisions(
        applicationName="shop", revisions=[revision(eTag=etag), revision("none.zip")]
    )
    client.list_application_revisions(applicationName="shop", sortBy="lastUsedTime")
    client.batch_get_deployments(deploymentIds=[good, failed, rollback])
    client.list_deployments(**GROUP, includeOnlyStatuses=["Failed"])
    for deployment in good, failed:
        targets = client.list_deployment_targets(deploymentId=deployment)["targetIds"]
        client.batch_get_deployment_targets(deploymentId=deployment, targetIds=targets)
        client.get_deployment_target(deploymentId=deployment, targetId=targets[0])
        client.list_deployment_instances(deploymentId=deployment)
        client.batch_get_deployment_instances(
            deploymentId=deployment, instanceIds=[*targets, "i-0"]
        )
        client.get_deployment_instance(deploymentId=deployment, instanceId=targets[0])
    client.get_deployment_group(**GROUP)
    client.batch_get_deployment_groups(
        applicationName="shop", deploymentGroupNames=["web", "none"]
    )
    client.list_deployment_groups(applicationName="shop")
    client.update_deployment_group(
        applicationName="shop", currentDeploymentGroupName="web",
        deploymentConfigName="CodeDeployDefault.HalfAtATime",
    )
    arn = f"arn:aws:codedeploy:us-east-1:{account(sandbox)}:deploymentgroup:shop/web"
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": ""}])
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == [
        {"Key": "a", "Value": ""}, *tags
    ]
    client.untag_resource(ResourceArn=arn, TagKeys=["a"])
    stopped = deploy(client, wait=False, configuration="CodeDeployDefault.OneAtATime")
    try:
        client.stop_deployment(deploymentId=stopped)
    except client.exceptions.DeploymentAlreadyCompletedException:
        client.asked.add("StopDeployment")
    client.delete_deployment_group(**GROUP)
    client.delete_application(applicationName="shop")

    all_operations = set(client.meta.service_model.operation_names)
    named = {name for name in all_operations - client.asked if is_refused_by_name(client, name)}
    assert client.asked | named == all_operations


def is_refused_by_name(client, operation):
    """Whether the sandbox says that it has no such operation."""
    model = client.meta.service_model.operation_model(operation)
    samples = {"list": ["x"], "string": "d-000000000"}
    input = {
        name: [{"Key": "k"}] if name == "tags" else samples[model.input_shape.members[name].type_name]
        for name in model.input_shape.required_members
    }
    method = next(name for name, op in client.meta.method_to_api_mapping.items() if op == operation)
    error = refused(getattr(client, method), **input)
    return error["Message"] == f"{operation} is not supported by the sandbox"


def account(sandbox):
    return sandbox.client("sts").get_caller_identity()["Account"]


def bundle(*scripts, index=b"hello"):
    """An archive that installs /srv/shop/index.html, with scripts hooked to their events."""
    hooks = {name: {"location": f"scripts/{name}.sh", "timeout": 60} for name, _ in scripts}
    spec = APPSPEC + "hooks:\n" + "".join(
        f"  {name}:\n    - location: {hook['location']}\n      timeout: {hook['timeout']}\n"
        for name, hook in hooks.items()
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("appspec.yml", spec if scripts else APPSPEC)
        archive.writestr("index.html", index)
        for name, text in scripts:
            archive.writestr(f"scripts/{name}.sh", "#!/bin/sh\n" + text)
    return file.getvalue()


def events(client, deployment):
    """The events of the deployment's first target, by their names."""
    targets = client.list_deployment_targets(deploymentId=deployment)["targetIds"]
    target = client.get_deployment_target(deploymentId=deployment, targetId=targets[0])
    lifecycle = target["deploymentTarget"]["instanceTarget"]["lifecycleEvents"]
    return {event["lifecycleEventName"]: event for event in lifecycle}


def test_hooks_and_files_are_carried_out_on_the_instance(start):
    sandbox = start("--group", "shop/web")
    root = Path(sandbox.facts["instances"]["web"][0]["root"])
    client = Judged(sandbox)
    place = revision(eTag=upload(sandbox, body=bundle(
        ("AfterInstall", "cat /srv/shop/index.html; echo $BUNDLE_ETAG; echo $DEPLOYMENT_ID\n"),
        ("ApplicationStop", "touch /stopped-by-$DEPLOYMENT_ID\n"),
    )))
    first = deploy(client, revision=place)
    assert status(client, first) == "Succeeded"
    assert (root / "srv/shop/index.html").read_text() == "hello"

    failing = bundle(("AfterInstall", "echo to be seen; echo why >&2; exit 3\n"), index=b"second")
    second = deploy(client, revision=revision("2.zip", eTag=upload(sandbox, "2.zip", failing)))
    assert status(client, second) == "Failed"
    assert (root / f"stopped-by-{second}").exists()
    event = events(client, second)["AfterInstall"]
    assert event["status"] == "Failed"
    diagnostics = event["diagnostics"]
    assert diagnostics["errorCode"] == "ScriptFailed"
    assert diagnostics["scriptName"] == "scripts/AfterInstall.sh"
    assert "exit code 3" in diagnostics["message"]
    assert "[stdout]to be seen" in diagnostics["logTail"]
    assert "[stderr]why" in diagnostics["logTail"]
    assert events(client, second)["ApplicationStart"]["status"] == "Skipped"

    third = deploy(client, revision=revision("app.zip", eTag="0" * 32))
    assert "etag" in events(client, third)["DownloadBundle"]["diagnostics"]["message"]


def test_an_archive_that_was_uploaded_in_parts_is_installed(start):
    sandbox = start("--group", "shop/web", "--bucket", "revisions")
    index = random.Random(7).randbytes(11 << 20)
    body = bundle(index=index)
    s3 = sandbox.client("s3")
    place = {"Bucket": "revisions", "Key": "app.zip"}
    this = {**place, "UploadId": s3.create_multipart_upload(**place)["UploadId"]}
    size = 5 << 20
    parts = [
        {
            "PartNumber": number,
            "ETag": s3.upload_part(
                **this, PartNumber=number, Body=body[(number - 1) * size :][:size]
            )["ETag"],
        }
        for number in (1, 2, 3)
    ]
    tag = s3.complete_multipart_upload(**this, MultipartUpload={"Parts": parts})["ETag"]
    client = sandbox.client("codedeploy")
    first = deploy(client, revision=revision(eTag=tag.strip('"')))
    assert status(client, first) == "Succeeded", events(client, first)
    root = Path(sandbox.facts["instances"]["web"][0]["root"])
    assert (root / "srv/shop/index.html").read_bytes() == index


def test_a_hook_that_a_kill_ended_has_failed(start):
    sandbox = start("--group", "shop/web")
    root = Path(sandbox.facts["instances"]["web"][0]["root"])
    client = sandbox.client("codedeploy")
    body = bundle(("BeforeInstall", "touch /begun; sleep 60\n"))
    deployment = deploy(client, wait=False, revision=revision(eTag=upload(sandbox, body=body)))
    wait_until((root / "begun").exists, "the hook")
    sandbox.process.send_signal(signal.SIGKILL)
    sandbox.process.wait()

    sandbox = start("--group", "shop/web")
    client = Judged(sandbox)
    wait_until(lambda: status(client, deployment) == "Failed", "the end")
    event = events(client, deployment)["BeforeInstall"]
    assert event["status"] == "Failed"
    assert event["diagnostics"]["errorCode"] == "UnknownError"
    assert "after an agent restart" in event["diagnostics"]["message"]
    good = deploy(client, revision=revision("2.zip", eTag=upload(sandbox, "2.zip", bundle())))
    assert status(client, good) == "Succeeded"
    assert (root / "srv/shop/index.html").read_text() == "hello"


def test_errors_are_the_exceptions_that_boto3_knows(start):
    sandbox = start("--simulate")
    client = Judged(sandbox)
    with pytest.raises(client.exceptions.ApplicationDoesNotExistException):
        client.get_application(applicationName="shop")
    make_group(client)
    with pytest.raises(client.exceptions.DeploymentGroupAlreadyExistsException):
        client.create_deployment_group(**GROUP, serviceRoleArn=ROLE)
    with pytest.raises(client.exceptions.DeploymentDoesNotExistException):
        client.get_deployment(deploymentId="d-000000000")
    with pytest.raises(client.exceptions.InvalidDeploymentIdException):
        client.get_deployment(deploymentId="nonsense")
    with pytest.raises(client.exceptions.InvalidDeploymentStyleException) as caught:
        client.update_deployment_group(
            applicationName="shop", currentDeploymentGroupName="web",
            deploymentStyle={"deploymentType": "BLUE_GREEN"},
        )
    assert "not supported by the sandbox" in str(caught.value)


def test_paginators_come_to_the_end(start):
    client = Judged(start("--simulate", "--instances", "250", "--group", "shop/web"))
    deployment = deploy(client)
    pages = client.get_paginator("list_deployment_targets").paginate(deploymentId=deployment)
    targets = [target for page in pages for target in page["targetIds"]]
    assert len(set(targets)) == len(targets) == 250


def test_with_the_reference_policy_exactly_its_actions_pass(start, slipway):
    policy = slipway.folder / "policy.json"
    policy.write_text(json.dumps(REFERENCE_POLICY))
    sandbox = start("--simulate", "--policy", policy, "--group", "shop/web:2")
    etag = upload(sandbox)
    client = Judged(sandbox)
    client.register_application_revision(applicationName="shop", revision=revision(eTag=etag))
    client.get_application_revision(applicationName="shop", revision=revision(eTag=etag))
    client.get_deployment_config(deploymentConfigName=ALL_AT_ONCE)
    deployment = deploy(client, revision=revision(eTag=etag))
    assert status(client, deployment) == "Succeeded"
    for call, input in (
        (client.list_deployment_targets, {"deploymentId": deployment}),
        (client.stop_deployment, {"deploymentId": deployment}),
        (client.get_deployment_group, GROUP),
        (client.list_deployments, {}),
        (client.create_application, {"applicationName": "other"}),
        (client.batch_get_deployments, {"deploymentIds": [deployment]}),
    ):
        error = refused(call, **input)
        assert error["Code"] == "AccessDeniedException", error
        assert "is not authorized to perform: codedeploy:" in error["Message"]
    admin = sandbox.client("codedeploy", admin=True)
    assert len(admin.list_deployment_targets(deploymentId=deployment)["targetIds"]) == 2


def test_creating_a_deployment_needs_the_permissions_that_aws_names(start, slipway):
    policy = slipway.folder / "policy.json"
    statement = {"Effect": "Allow", "Action": "codedeploy:CreateDeployment", "Resource": "*"}
    policy.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    sandbox = start("--simulate", "--policy", policy, "--group", "shop/web")
    error = refused(
        sandbox.client("codedeploy").create_deployment, **GROUP, revision=revision()
    )
    assert "codedeploy:GetDeploymentConfig" in error["Message"]


@pytest.mark.parametrize("seed", range(5))
def test_a_killed_sandbox_goes_on(start, seed):
    """SIGKILL at any moment: each instance is accounted for, and nothing is torn."""
    words = ["--simulate", "--group", "shop/web:200"]
    sandbox = start(*words)
    upload(sandbox)
    client = sandbox.client("codedeploy")
    good = deploy(client)
    before = client.get_deployment(deploymentId=good)["deploymentInfo"]
    deployment = deploy(client, wait=False, configuration="CodeDeployDefault.HalfAtATime")
    time.sleep(random.Random(seed).uniform(0, 0.3))
    sandbox.process.send_signal(signal.SIGKILL)
    sandbox.process.wait()

    sandbox = start(*words)
    client = Judged(sandbox)
    assert client.get_deployment(deploymentId=good)["deploymentInfo"] == before
    assert len(sandbox.facts["instances"]["web"]) == 200
    wait_until(lambda: status(client, deployment) in {"Succeeded", "Failed"}, "the end")
    info = client.get_deployment(deploymentId=deployment)["deploymentInfo"]
    overview = info["deploymentOverview"]
    assert sum(overview.values()) == 200
    assert overview["Pending"] == overview["InProgress"] == 0
    assert (info["status"] == "Succeeded") == (overview["Succeeded"] >= 100)
    restarted = 0
    targets = client.get_paginator("list_deployment_targets").paginate(deploymentId=deployment)
    for page in targets:
        for start_at in range(0, len(page["targetIds"]), 25):
            batch = client.batch_get_deployment_targets(
                deploymentId=deployment, targetIds=page["targetIds"][start_at : start_at + 25]
            )
            for target in batch["deploymentTargets"]:
                events = target["instanceTarget"]["lifecycleEvents"]
                statuses = [event["status"] for event in events]
                assert re.fullmatch(
                    r"(Succeeded )*(Failed )?(Skipped )*", "".join(s + " " for s in statuses)
                )
                restarted += "Failed" in statuses
    assert restarted == overview["Failed"]
    again = deploy(client)
    assert status(client, again) == "Succeeded"


def test_a_group_that_is_busy_names_the_deployment(start, slipway):
    sandbox = start("--simulate", "--group", "shop/web:1000")
    upload(sandbox)
    client = sandbox.client("codedeploy")
    active = deploy(client, wait=False, configuration="CodeDeployDefault.OneAtATime")
    error = refused(client.create_deployment, **GROUP, revision=revision())
    assert error["Code"] == "DeploymentLimitExceededException"
    assert (
        error["Message"]
        == f"The Deployment Group 'web' already has an active Deployment '{active}'"
    )
    answer = client.stop_deployment(deploymentId=active)
    assert answer["status"] in {"Pending", "Succeeded"}
    wait_until(lambda: status(client, active) == "Stopped", "the stop")
    info = client.get_deployment(deploymentId=active)["deploymentInfo"]
    assert info["errorInformation"]["code"] == "MANUAL_STOP"
    assert info["deploymentOverview"]["Skipped"] > 0
