"""S3 servers of others take whole uploads from slipway's client."""

import hashlib
import json

import boto3
import pytest
from botocore.config import Config
from probe import ACCESS_KEY_ID, SECRET, content, probe_path, running
from servers import ministack, moto

MIB = 1024 * 1024
KEYS = [
    "plain.zip", "a b/c+d.zip", "%41%2F%zz", "a//b///c", "./a/./b.zip", "~tilde/a'b(c)*!",
    "日本/é e\u0301/😀.zip", "a/b/", "=&?#;:@$,", "x" * 1000,
]  # fmt: skip


# All tests of a server run in the process that started it.
@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in ("moto", "ministack")],
)
def server(request, pytestconfig, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    program = pytestconfig.getoption(f"--{request.param}")
    start = {"moto": moto, "ministack": ministack}[request.param]
    with start(program, folder) as endpoint:
        yield request.param, endpoint


@pytest.fixture(scope="module")
def s3(server):
    """boto3's client, with the server's first keys."""
    client = boto3.client("s3", **boto_options(server[1]))
    client.create_bucket(Bucket="probe")
    client.create_bucket(Bucket="versioned")
    client.put_bucket_versioning(
        Bucket="versioned", VersioningConfiguration={"Status": "Enabled"}
    )
    return client


@pytest.fixture(scope="module")
def keys(server, s3):
    """The keys of a user who may do anything in S3, whose signatures are therefore checked."""
    iam = boto3.client("iam", **boto_options(server[1]))
    iam.create_user(UserName="deployer")
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_user_policy(UserName="deployer", PolicyName="s3", PolicyDocument=policy)
    made = iam.create_access_key(UserName="deployer")["AccessKey"]
    return {
        "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
    }


@pytest.fixture(scope="module")
def probe(pytestconfig, server, keys):
    with running(probe_path(pytestconfig), server[1], **keys) as probe:
        yield probe


def boto_options(endpoint):
    return {
        "endpoint_url": endpoint,
        "region_name": "us-east-1",
        "aws_access_key_id": ACCESS_KEY_ID,
        "aws_secret_access_key": SECRET,
        "config": Config(s3={"addressing_style": "path"}),
    }


def body_of(s3, bucket, key, **options):
    return s3.get_object(Bucket=bucket, Key=key, **options)["Body"].read()


@pytest.mark.parametrize("key", KEYS)
def test_an_object_arrives_under_its_key(probe, s3, key):
    stored = probe.ok("put", bucket="probe", key=key, size=1000)
    assert body_of(s3, "probe", key) == content(1000)
    assert stored["e_tag"] == hashlib.md5(content(1000)).hexdigest()
    assert stored["version"] is None
    head = s3.head_object(Bucket="probe", Key=key)
    assert head["ContentType"] == "application/zip"
    listed = s3.list_objects_v2(Bucket="probe", Prefix=key)
    assert key in [found["Key"] for found in listed["Contents"]]


@pytest.mark.parametrize("size", [0, 1, 65_536, 7 * MIB + 3])
@pytest.mark.parametrize("streams", [False, True])
def test_an_object_of_any_size_arrives_and_comes_back(probe, s3, size, streams):
    probe.ok("put", bucket="probe", key="sized", size=size, streams=streams)
    assert body_of(s3, "probe", "sized") == content(size)
    assert probe.ok("get", bucket="probe", key="sized") == hashlib.sha256(content(size)).hexdigest()
    assert probe.ok("head", bucket="probe", key="sized")["size"] == size


@pytest.mark.parametrize("streams", [False, True])
def test_parts_side_by_side_become_one_object(probe, s3, streams):
    order = {"size": 5 * MIB, "parts": 4, "last_size": 77, "streams": streams}
    stored = probe.ok("multipart", bucket="probe", key="a b//parts+.zip", **order)
    expected = content(5 * MIB) * 3 + content(77)
    assert body_of(s3, "probe", "a b//parts+.zip") == expected
    assert stored["e_tag"].endswith("-4")
    head = s3.head_object(Bucket="probe", Key="a b//parts+.zip")
    assert head["ETag"] == f'"{stored["e_tag"]}"'
    assert probe.ok("uploads", bucket="probe") == []


def test_an_upload_is_aborted(probe, s3):
    upload = probe.ok("begin", bucket="probe", key="given up")
    assert probe.ok("uploads", bucket="probe") == [["given up", upload]]
    probe.ok("abort", bucket="probe", key="given up", upload=upload)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="probe")
    assert probe.ok("uploads", bucket="probe") == []


def test_each_version_is_told(probe, s3):
    first = probe.ok("put", bucket="versioned", key="k", size=10)
    second = probe.ok("multipart", bucket="versioned", key="k", size=20)
    assert first["version"] and second["version"] and first["version"] != second["version"]
    assert body_of(s3, "versioned", "k", VersionId=first["version"]) == content(10)
    digest = probe.ok("get", bucket="versioned", key="k", version=first["version"])
    assert digest == hashlib.sha256(content(10)).hexdigest()
    assert probe.ok("versioning", bucket="versioned") == "enabled"
    assert probe.ok("versioning", bucket="probe") == "never"


def test_an_object_is_encrypted_as_asked(probe, s3):
    probe.ok("put", bucket="probe", key="sealed", size=10, encryption="AES256")
    assert s3.head_object(Bucket="probe", Key="sealed")["ServerSideEncryption"] == "AES256"


def test_what_is_missing_is_called_so(probe):
    for call in ("head", "get"):
        assert probe.fails(call, bucket="probe", key="nowhere")["meaning"] == "missing"
    assert probe.fails("put", bucket="no-such-bucket", key="k", size=1)["meaning"] == "missing"


def test_wrong_keys_are_called_so(pytestconfig, server, keys, s3):
    name, endpoint = server
    if name == "moto":
        pytest.skip("moto checks no signature")
    wrong = {**keys, "AWS_SECRET_ACCESS_KEY": "wrong" * 8}
    with running(probe_path(pytestconfig), endpoint, **wrong) as probe:
        told = probe.fails("put", bucket="probe", key="k", size=1)
    assert (told["meaning"], told["code"]) == ("badKeys", "SignatureDoesNotMatch")
    assert told["attempts"] == 1


def test_a_bucket_of_another_region_is_found(pytestconfig, server, keys, s3):
    name, endpoint = server
    if name == "moto":
        pytest.skip("moto ignores regions")
    with running(probe_path(pytestconfig), endpoint, region="eu-west-1", **keys) as probe:
        told = probe("put", bucket="probe", key="abroad", size=10)
        assert "ok" in told, told
        assert told["notices"] == ["the bucket probe is in us-east-1, not in eu-west-1"]
        assert probe("put", bucket="probe", key="abroad", size=10)["notices"] == []
    assert body_of(s3, "probe", "abroad") == content(10)


def test_a_session_token_is_signed(pytestconfig, server, s3):
    name, endpoint = server
    if name == "moto":
        pytest.skip("moto checks no signature")
    sts = boto3.client("sts", **boto_options(endpoint))
    made = sts.get_session_token()["Credentials"]
    keys = {
        "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
        "AWS_SESSION_TOKEN": made["SessionToken"],
    }
    with running(probe_path(pytestconfig), endpoint, **keys) as probe:
        probe.ok("put", bucket="probe", key="by session", size=10)
        assert probe.ok("identity").startswith("arn:aws:")
    with running(
        probe_path(pytestconfig), endpoint, **{**keys, "AWS_SESSION_TOKEN": "another"}
    ) as probe:
        assert probe.fails("put", bucket="probe", key="k", size=1)["meaning"] == "badKeys"
