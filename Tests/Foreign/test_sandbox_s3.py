"""The sandbox's S3, STS and door, judged by the AWS CLI and by boto3."""

import base64
import datetime
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import zlib

import botocore.auth
import botocore.awsrequest
import boto3
import moto
import pytest
from botocore.client import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError
from botocore.exceptions import HTTPClientError

from conftest import REFERENCE_POLICY, wait_until

ODD_KEYS = [
    "a//b", "a/../b", "../up", "./dot", "/leading", "trailing/", "a%41b", "100%", "sp ace", "ünï/çødé",
    "e\u0301", "\u00e9", "tilde~", "plus+plus", "q?a=b&c", "#hash", "semi;colon", "new\nline", "..", ".",
    "x" * 1024,
]


@pytest.fixture
def sandbox(start):
    return start("--bucket", "revisions", "--bucket", "versions,versioned")


def code(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


# --- The AWS CLI


def test_aws_makes_a_bucket_and_copies_100_mib_up_and_down(sandbox, tmp_path):
    content = os.urandom(1 << 20) * 100
    source = tmp_path / "up"
    source.write_bytes(content)
    sandbox.aws("s3", "mb", "s3://acme")
    sandbox.aws(
        "s3api", "put-bucket-versioning", "--bucket", "acme",
        "--versioning-configuration", "Status=Enabled",
    )
    sandbox.aws("s3", "cp", "--quiet", str(source), "s3://acme/apps/big")
    sandbox.aws("s3", "cp", "--quiet", "s3://acme/apps/big", str(tmp_path / "down"))
    assert (tmp_path / "down").read_bytes() == content
    head = json.loads(sandbox.aws("s3api", "head-object", "--bucket", "acme", "--key", "apps/big"))
    assert head["ContentLength"] == len(content)
    assert head["ETag"].endswith('-13"')
    assert head["VersionId"] not in ("", "null")
    parts = [content[at : at + (8 << 20)] for at in range(0, len(content), 8 << 20)]
    digests = b"".join(hashlib.md5(part).digest() for part in parts)
    assert head["ETag"] == f'"{hashlib.md5(digests).hexdigest()}-13"'
    sandbox.aws("s3", "cp", "--quiet", "s3://acme/apps/big", "s3://acme/copy")
    copy = json.loads(sandbox.aws("s3api", "head-object", "--bucket", "acme", "--key", "copy"))
    assert copy["ContentLength"] == len(content)
    # A folder of its own: the sandbox's state lies below the temporary one.
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "up").write_bytes(content)
    sandbox.aws("s3", "sync", "--quiet", str(tree), "s3://acme/sync")
    assert "sync/up" in sandbox.aws("s3", "ls", "--recursive", "s3://acme/")
    sandbox.aws("s3", "rm", "--quiet", "--recursive", "s3://acme/")
    assert "BucketNotEmpty" in subprocess.run(
        ["aws", "s3", "rb", "s3://acme"], env=sandbox.environment(), capture_output=True
    ).stderr.decode()


def test_a_command_runs_in_a_sandbox_and_its_status_is_the_sandboxs(slipway):
    slipway.environment["PATH"] = f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"
    script = 'aws s3 ls && test -z "$AWS_PROFILE" && exit 7'
    result = slipway("sandbox", "--bucket", "revisions", "--", "sh", "-c", script, status=7,
                     variables={"AWS_PROFILE": "other"})
    assert b"revisions" in result.stdout
    slipway("sandbox", "--", "no-such-command", status=127)
    slipway("sandbox", "--", "sh", "-c", "kill -TERM $$", status=143)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_sandbox_cleanly(start, number):
    sandbox = start()
    sandbox.process.send_signal(number)
    assert sandbox.process.wait(timeout=30) == 0


# --- Objects


@pytest.mark.parametrize("style", ["path", "virtual"])
def test_odd_keys_are_kept_apart(start, style, monkeypatch):
    sandbox = start("--bucket", "revisions")
    s3 = sandbox.client("s3", s3={"addressing_style": style})
    if style == "virtual":
        # Not every machine knows that all names below localhost are itself.
        find = socket.getaddrinfo
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda host, *rest: find("127.0.0.1", *rest)
        )
        s3 = boto3.client(
            "s3", endpoint_url=sandbox.endpoint.replace("127.0.0.1", "localhost"),
            region_name="us-east-1", aws_access_key_id=sandbox.facts["access_key_id"],
            aws_secret_access_key=sandbox.facts["secret_access_key"],
            config=Config(s3={"addressing_style": style}),
        )
    for key in ODD_KEYS:
        s3.put_object(Bucket="revisions", Key=key, Body=key.encode())
    for key in ODD_KEYS:
        assert s3.get_object(Bucket="revisions", Key=key)["Body"].read() == key.encode(), key
    listed = [entry["Key"] for entry in s3.list_objects_v2(Bucket="revisions")["Contents"]]
    assert listed == sorted(ODD_KEYS, key=str.encode)
    for key in ODD_KEYS:
        s3.delete_object(Bucket="revisions", Key=key)
    assert s3.list_objects_v2(Bucket="revisions")["KeyCount"] == 0
    assert code(s3.put_object, Bucket="revisions", Key="x" * 1025) == "KeyTooLongError"


def test_metadata_ranges_and_conditions(sandbox):
    s3 = sandbox.client("s3")
    put = s3.put_object(
        Bucket="revisions", Key="k", Body=b"0123456789", ContentType="text/plain",
        Metadata={"who": "me"}, CacheControl="no-cache", Tagging="a=1&b=two%20words",
        ServerSideEncryption="AES256",
    )
    assert put["ETag"] == '"781e5e245d69b566979b86e28d23f2c7"'
    got = s3.get_object(Bucket="revisions", Key="k")
    assert got["ContentType"] == "text/plain" and got["Metadata"] == {"who": "me"}
    assert got["CacheControl"] == "no-cache" and got["TagCount"] == 2
    tags = s3.get_object_tagging(Bucket="revisions", Key="k")["TagSet"]
    assert tags == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "two words"}]

    def part(value):
        return s3.get_object(Bucket="revisions", Key="k", Range=value)

    assert part("bytes=2-4")["Body"].read() == b"234"
    assert part("bytes=2-4")["ContentRange"] == "bytes 2-4/10"
    assert part("bytes=7-")["Body"].read() == b"789"
    assert part("bytes=-2")["Body"].read() == b"89"
    assert part("bytes=5-100")["Body"].read() == b"56789"
    assert part("bytes=1-2,4-5")["Body"].read() == b"0123456789"
    assert code(part, value="bytes=10-") == "InvalidRange"
    assert code(s3.get_object, Bucket="revisions", Key="k", IfMatch='"other"') == "PreconditionFailed"
    assert code(s3.get_object, Bucket="revisions", Key="k", IfNoneMatch=put["ETag"]) == "304"
    assert code(s3.put_object, Bucket="revisions", Key="k", IfNoneMatch="*") == "PreconditionFailed"
    assert s3.put_object(Bucket="revisions", Key="new", IfNoneMatch="*")
    later = got["LastModified"] + datetime.timedelta(hours=1)
    assert code(s3.get_object, Bucket="revisions", Key="k", IfModifiedSince=later) == "304"
    assert code(s3.get_object, Bucket="revisions", Key="gone") == "NoSuchKey"
    assert code(s3.get_object, Bucket="nobodys", Key="gone") == "NoSuchBucket"
    assert code(s3.head_object, Bucket="revisions", Key="gone") == "404"


def test_versions_are_kept_and_deleted_as_aws_does(sandbox):
    s3 = sandbox.client("s3")
    bucket = {"Bucket": "versions", "Key": "k"}
    first = s3.put_object(**bucket, Body=b"1")["VersionId"]
    second = s3.put_object(**bucket, Body=b"2")["VersionId"]
    assert s3.get_object(**bucket, VersionId=first)["Body"].read() == b"1"
    assert s3.get_object(**bucket)["VersionId"] == second
    marker = s3.delete_object(**bucket)
    assert marker["DeleteMarker"] is True
    assert code(s3.get_object, **bucket) == "NoSuchKey"
    assert code(s3.get_object, **bucket, VersionId=marker["VersionId"]) == "MethodNotAllowed"
    assert code(s3.get_object, **bucket, VersionId="x" * 32) == "NoSuchVersion"
    page = s3.list_object_versions(Bucket="versions")
    assert [entry["VersionId"] for entry in page["Versions"]] == [second, first]
    assert page["DeleteMarkers"][0]["IsLatest"] is True
    s3.delete_object(**bucket, VersionId=marker["VersionId"])
    assert s3.get_object(**bucket)["Body"].read() == b"2"
    s3.put_bucket_versioning(
        Bucket="versions", VersioningConfiguration={"Status": "Suspended"}
    )
    assert s3.put_object(**bucket, Body=b"3")["VersionId"] == "null"
    assert s3.put_object(**bucket, Body=b"4")["VersionId"] == "null"
    ids = [entry["VersionId"] for entry in s3.list_object_versions(Bucket="versions")["Versions"]]
    assert ids == ["null", second, first]


def test_checksums_are_checked_and_come_back(sandbox):
    s3 = sandbox.client("s3")
    for algorithm in ["CRC32", "SHA1", "SHA256"]:
        s3.put_object(Bucket="revisions", Key=algorithm, Body=b"abc", ChecksumAlgorithm=algorithm)
        head = s3.head_object(Bucket="revisions", Key=algorithm, ChecksumMode="ENABLED")
        expected = {
            "CRC32": zlib.crc32(b"abc").to_bytes(4, "big"),
            "SHA1": hashlib.sha1(b"abc").digest(),
            "SHA256": hashlib.sha256(b"abc").digest(),
        }[algorithm]
        assert head["Checksum" + algorithm] == base64.b64encode(expected).decode()
    wrong = base64.b64encode(b"\0" * 4).decode()
    put = {"Bucket": "revisions", "Key": "wrong", "Body": b"abc"}
    assert code(s3.put_object, **put, ChecksumCRC32=wrong) == "BadDigest"
    assert code(s3.put_object, **put, ChecksumCRC32="AAAA") == "InvalidRequest"
    md5 = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    assert code(s3.put_object, **put, ContentMD5=md5) == "BadDigest"
    assert code(s3.put_object, **put, ContentMD5="x") == "InvalidDigest"
    assert code(s3.head_object, Bucket="revisions", Key="wrong") == "404"


def test_multipart_keeps_the_rules(sandbox):
    s3 = sandbox.client("s3")
    place = {"Bucket": "revisions", "Key": "m"}
    part = os.urandom(5 << 20)
    upload = s3.create_multipart_upload(**place)["UploadId"]
    this = {**place, "UploadId": upload}
    tags = [s3.upload_part(**this, PartNumber=n, Body=part)["ETag"] for n in (1, 2)]
    small = s3.upload_part(**this, PartNumber=3, Body=b"tail")["ETag"]

    def complete(*parts):
        return s3.complete_multipart_upload(
            **this,
            MultipartUpload={"Parts": [{"PartNumber": n, "ETag": e} for n, e in parts]},
        )

    listed = s3.list_parts(**this, MaxParts=2)
    assert [entry["PartNumber"] for entry in listed["Parts"]] == [1, 2] and listed["IsTruncated"]
    assert s3.list_multipart_uploads(Bucket="revisions")["Uploads"][0]["UploadId"] == upload
    assert code(lambda: complete((2, tags[1]), (1, tags[0]))) == "InvalidPartOrder"
    assert code(lambda: complete((1, tags[0]), (2, small))) == "InvalidPart"
    assert code(lambda: complete((1, tags[0]), (9, small))) == "InvalidPart"
    assert code(s3.upload_part, **this, PartNumber=0, Body=b"") == "InvalidArgument"
    assert code(s3.upload_part, **this, PartNumber=10001, Body=b"") == "InvalidArgument"
    again = s3.upload_part(**this, PartNumber=1, Body=b"small")["ETag"]
    assert code(lambda: complete((1, again), (2, tags[1]))) == "EntityTooSmall"
    s3.upload_part(**this, PartNumber=1, Body=part)
    done = complete((1, tags[0]), (2, tags[1]), (3, small))
    assert complete((1, tags[0]), (2, tags[1]), (3, small))["ETag"] == done["ETag"]
    got = s3.get_object(**place)
    assert got["ETag"] == done["ETag"] and got["Body"].read() == part + part + b"tail"
    second = s3.get_object(**place, PartNumber=3)
    assert second["Body"].read() == b"tail" and second["PartsCount"] == 3
    other = s3.create_multipart_upload(**place)["UploadId"]
    s3.upload_part(**place, UploadId=other, PartNumber=1, Body=b"x")
    s3.abort_multipart_upload(**place, UploadId=other)
    assert code(s3.abort_multipart_upload, **place, UploadId=other) == "NoSuchUpload"
    assert code(s3.upload_part, **place, UploadId=other, PartNumber=1, Body=b"") == "NoSuchUpload"
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="revisions")


def upload_in_parts(s3, place, *parts):
    upload = s3.create_multipart_upload(**place)["UploadId"]
    sent = [
        {
            "PartNumber": number,
            "ETag": s3.upload_part(**place, UploadId=upload, PartNumber=number, Body=part)["ETag"],
        }
        for number, part in enumerate(parts, 1)
    ]
    return s3.complete_multipart_upload(
        **place, UploadId=upload, MultipartUpload={"Parts": sent}
    )


def test_what_came_in_parts_is_one_object(start, slipway):
    data = slipway.folder / "state/s3/buckets/versions/data"
    sandbox = start("--bucket", "versions,versioned")
    s3 = sandbox.client("s3")
    place = {"Bucket": "versions", "Key": "m"}
    parts = [os.urandom(5 << 20), os.urandom(6 << 20), os.urandom(1000)]
    content = b"".join(parts)
    first, second = len(parts[0]), len(parts[0]) + len(parts[1])
    done = upload_in_parts(s3, place, *parts)

    def check(s3):
        version = {**place, "VersionId": done["VersionId"]}
        assert s3.get_object(**version)["Body"].read() == content
        for start, end in [
            (first - 1, first + 1), (first, second), (first - 70_000, second + 5),
            (0, first), (second - 1, len(content)), (second, second + 1),
        ]:
            got = s3.get_object(**version, Range=f"bytes={start}-{end - 1}")
            assert got["ContentRange"] == f"bytes {start}-{end - 1}/{len(content)}"
            assert got["Body"].read() == content[start:end]
        assert s3.get_object(**version, Range="bytes=-1003")["Body"].read() == content[-1003:]
        got = s3.get_object(**version, PartNumber=2)
        assert got["Body"].read() == parts[1] and got["PartsCount"] == 3

    check(s3)
    source = {"CopySource": {**place, "VersionId": done["VersionId"]}}
    s3.copy_object(**source, Bucket="versions", Key="copy")
    assert s3.get_object(Bucket="versions", Key="copy")["Body"].read() == content
    upload = s3.create_multipart_upload(Bucket="versions", Key="copy")["UploadId"]
    this = {"Bucket": "versions", "Key": "copy", "UploadId": upload}
    across = f"bytes={first - 10}-{second + 9}"
    copied = s3.upload_part_copy(**source, **this, PartNumber=1, CopySourceRange=across)
    expected = hashlib.md5(content[first - 10 : second + 10]).hexdigest()
    assert copied["CopyPartResult"]["ETag"] == f'"{expected}"'
    s3.abort_multipart_upload(**this)
    upload_in_parts(s3, place, b"the newest")

    sandbox.process.kill()
    sandbox.process.wait()
    s3 = start().client("s3")
    check(s3)
    assert s3.get_object(**place)["Body"].read() == b"the newest"
    # The parts, the copy and the newest.
    assert len(list(data.iterdir())) == 5
    s3.delete_object(**place, VersionId=done["VersionId"])
    wait_until(lambda: len(list(data.iterdir())) == 2, "the parts are gone")
    for version in s3.list_object_versions(Bucket="versions")["Versions"]:
        s3.delete_object(Bucket="versions", Key=version["Key"], VersionId=version["VersionId"])
    wait_until(lambda: not list(data.iterdir()), "all is gone")


def test_listings_page_and_group(sandbox):
    s3 = sandbox.client("s3")
    keys = [f"{folder}/{n}" for folder in ("a", "b", "c") for n in range(3)] + ["top", "a&<b>"]
    for key in keys:
        s3.put_object(Bucket="revisions", Key=key)
    for operation in ("list_objects_v2", "list_objects", "list_object_versions"):
        pages = s3.get_paginator(operation).paginate(
            Bucket="revisions", PaginationConfig={"PageSize": 2}
        )
        name = "Versions" if operation == "list_object_versions" else "Contents"
        found = [entry["Key"] for page in pages for entry in page.get(name, [])]
        assert found == sorted(keys), operation
        pages = s3.get_paginator(operation).paginate(
            Bucket="revisions", Delimiter="/", PaginationConfig={"PageSize": 1}
        )
        pages = list(pages)
        groups = [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", [])]
        assert groups == ["a/", "b/", "c/"], operation
        assert [e["Key"] for p in pages for e in p.get(name, [])] == ["a&<b>", "top"]
    after = s3.list_objects_v2(Bucket="revisions", StartAfter="b/1", Prefix="b/")
    assert [entry["Key"] for entry in after["Contents"]] == ["b/2"]
    assert code(s3.list_objects_v2, Bucket="revisions", ContinuationToken="%%") == "InvalidArgument"
    result = s3.delete_objects(
        Bucket="revisions", Delete={"Objects": [{"Key": key} for key in keys]}
    )
    assert len(result["Deleted"]) == len(keys)


def test_answers_are_those_of_moto(sandbox):
    """The same calls on moto, an emulator of another hand: the same answers, but for what is ours."""
    ours = sandbox.client("s3")
    with moto.mock_aws():
        theirs = boto3.client(
            "s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        theirs.create_bucket(Bucket="revisions")
        for client in (ours, theirs):
            for n in range(7):
                client.put_object(Bucket="revisions", Key=f"k/{n}", Body=b"x" * n)
        assert plain(ours.list_objects_v2(Bucket="revisions")) == plain(
            theirs.list_objects_v2(Bucket="revisions")
        )
        for arguments in ({"Prefix": "k/", "MaxKeys": 3}, {"Delimiter": "/"}, {"Prefix": "none"}):
            a = plain(ours.list_objects_v2(Bucket="revisions", **arguments))
            b = plain(theirs.list_objects_v2(Bucket="revisions", **arguments))
            assert a == b
        a, b = (c.head_object(Bucket="revisions", Key="k/3") for c in (ours, theirs))
        assert {n: a[n] for n in ("ETag", "ContentLength", "ContentType")} == {
            n: b[n] for n in ("ETag", "ContentLength", "ContentType")
        }


def plain(answer):
    answer = {k: v for k, v in answer.items() if k not in ("ResponseMetadata", "EncodingType")}
    answer.pop("NextContinuationToken", None)
    for entry in answer.get("Contents", []):
        for name in ("LastModified", "ChecksumAlgorithm", "ChecksumType"):
            entry.pop(name, None)
    return answer


# --- Signatures


def send(sandbox, method, path, headers=None, body=b"", keys=None, region=None, when=None,
         service="s3", change=lambda request: None, claimed=None):
    """A request signed by botocore, then changed."""
    credentials = Credentials(*(keys or (
        sandbox.facts["access_key_id"], sandbox.facts["secret_access_key"])))
    request = botocore.awsrequest.AWSRequest(
        method, sandbox.endpoint + path, data=body, headers=headers or {}
    )
    kind = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    signer = kind(credentials, service, region or sandbox.facts["region"])
    if claimed:
        signer.payload = lambda request: claimed
    if when:
        original = botocore.auth.get_current_datetime
        botocore.auth.get_current_datetime = lambda *a, **k: when
    try:
        signer.add_auth(request)
    finally:
        if when:
            botocore.auth.get_current_datetime = original
    change(request)
    sent = urllib.request.Request(
        request.url, data=body or None, headers=dict(request.headers.items()), method=method
    )
    try:
        with urllib.request.urlopen(sent, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def now(minutes=0):
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) + datetime.timedelta(
        minutes=minutes
    )


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "CodeDeploy_20141006.ListApplications",
}
WHO = b"Action=GetCallerIdentity&Version=2011-06-15"


def ask(sandbox, service, **arguments):
    if service == "s3":
        return send(sandbox, "GET", "/revisions?list-type=2", **arguments)
    headers, body = (FORM, WHO) if service == "sts" else (JSON, b"{}")
    return send(sandbox, "POST", "/", headers=dict(headers), body=body, service=service, **arguments)


@pytest.mark.parametrize(
    "service, answer",
    [
        ("s3", {
            "key": (403, "InvalidAccessKeyId"), "signature": (403, "SignatureDoesNotMatch"),
            "skew": (403, "RequestTimeTooSkewed"), "region": (400, "AuthorizationHeaderMalformed"),
            "nobody": (403, "AccessDenied"), "early": (403, "RequestTimeTooSkewed"),
        }),
        ("codedeploy", {
            "key": (400, "UnrecognizedClientException"),
            "signature": (400, "InvalidSignatureException"),
            "skew": (400, "InvalidSignatureException"), "region": (400, "InvalidSignatureException"),
            "nobody": (400, "MissingAuthenticationTokenException"),
            "early": (400, "InvalidSignatureException"),
        }),
        ("sts", {
            "key": (403, "InvalidClientTokenId"), "signature": (403, "SignatureDoesNotMatch"),
            "skew": (403, "SignatureDoesNotMatch"), "region": (403, "SignatureDoesNotMatch"),
            "nobody": (403, "MissingAuthenticationToken"), "early": (403, "SignatureDoesNotMatch"),
        }),
    ],
)
def test_a_wrong_signature_gets_awss_codes(sandbox, service, answer):
    def unsign(request):
        del request.headers["Authorization"]

    own = (sandbox.facts["access_key_id"], sandbox.facts["secret_access_key"])
    cases = {
        "key": {"keys": ("AKIAIOSFODNN7EXAMPLE", own[1])},
        "signature": {"keys": (own[0], "wrong")},
        "skew": {"when": now(minutes=-16)},
        "early": {"when": now(minutes=16)},
        "region": {"region": "eu-west-1"},
        "nobody": {"change": unsign},
    }
    for name, arguments in cases.items():
        status, text = ask(sandbox, service, **arguments)
        assert (status, answer[name][1] in text) == (answer[name][0], True), (name, status, text)
    for minutes in (-14, 14):
        status, text = ask(sandbox, service, when=now(minutes=minutes))
        assert "ignature" not in text and "Skew" not in text, text


def test_the_body_must_be_the_signed_one(sandbox):
    other = hashlib.sha256(b"other").hexdigest()
    status, text = send(sandbox, "PUT", "/revisions/k", body=b"body", claimed=other)
    assert status == 400 and "XAmzContentSHA256Mismatch" in text

    def forget(request):
        del request.headers["x-amz-content-sha256"]

    status, text = send(sandbox, "PUT", "/revisions/k", body=b"body", change=forget)
    assert status == 400 and "x-amz-content-sha256" in text

    def add(request):
        request.headers["x-amz-meta-added"] = "later"

    status, text = send(sandbox, "PUT", "/revisions/k", body=b"body", change=add)
    assert status == 403 and "HeadersNotSigned" in text
    assert code(sandbox.client("s3").head_object, Bucket="revisions", Key="k") == "404"


def fetch(url, method="GET", data=None):
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, method=method, data=data), timeout=30
        ) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_presigned_addresses_work_until_they_expire(sandbox, monkeypatch):
    s3 = sandbox.client("s3", signature_version="s3v4")
    place = {"Bucket": "revisions", "Key": "shared file"}
    put = s3.generate_presigned_url("put_object", place, ExpiresIn=60)
    assert fetch(put, "PUT", b"content")[0] == 200
    get = s3.generate_presigned_url("get_object", place, ExpiresIn=60)
    assert fetch(get) == (200, b"content")
    assert b"SignatureDoesNotMatch" in fetch(get.replace("shared", "other"))[1]
    assert fetch(get, "PUT", b"x")[0] == 403
    original = botocore.auth.get_current_datetime
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *a, **k: now(minutes=-2))
    late = s3.generate_presigned_url("get_object", place, ExpiresIn=60)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", original)
    status, body = fetch(late)
    assert status == 403 and b"Request has expired" in body
    week = s3.generate_presigned_url("get_object", place, ExpiresIn=604801)
    assert b"AuthorizationQueryParametersError" in fetch(week)[1]


def test_both_chunked_forms_of_the_sdks_are_understood(sandbox):
    body = b"abcdefghij" * 1000
    crc = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()

    def chunked(value, trailer):
        framed = b"".join(
            b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (body[:8192], body[8192:])
        )
        framed += b"0\r\nx-amz-checksum-crc32:" + trailer.encode() + b"\r\n\r\n"
        return send(sandbox, "PUT", "/revisions/chunked", body=framed, claimed=value, headers={
            "x-amz-trailer": "x-amz-checksum-crc32",
            "content-encoding": "aws-chunked", "x-amz-decoded-content-length": str(len(body)),
        })

    status, text = chunked("STREAMING-UNSIGNED-PAYLOAD-TRAILER", crc)
    assert status == 200, text
    s3 = sandbox.client("s3")
    got = s3.get_object(Bucket="revisions", Key="chunked", ChecksumMode="ENABLED")
    assert got["Body"].read() == body and "ContentEncoding" not in got
    assert got["ChecksumCRC32"] == crc
    status, text = chunked("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "AAAAAA==")
    assert status == 400 and "BadDigest" in text


def test_keys_of_a_role_work_and_end(sandbox):
    sts = sandbox.client("sts")
    account = sts.get_caller_identity()["Account"]
    role = f"arn:aws:iam::{account}:role/deployer"
    given = sts.assume_role(RoleArn=role, RoleSessionName="ci-7")["Credentials"]
    keys = (given["AccessKeyId"], given["SecretAccessKey"])
    who = sandbox.client("sts", keys=keys, token=given["SessionToken"]).get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::{account}:assumed-role/deployer/ci-7"
    assert who["UserId"].endswith(":ci-7")
    sandbox.client("s3", keys=keys, token=given["SessionToken"]).put_object(
        Bucket="revisions", Key="k", Body=b"x"
    )
    other = sandbox.client("s3", keys=keys, token=given["SessionToken"][:-1] + "x")
    assert code(other.list_buckets) == "InvalidToken"
    assert code(sandbox.client("s3", keys=keys).list_buckets) == "InvalidToken"
    assert code(sts.assume_role, RoleArn=role.replace(account, "1" * 12), RoleSessionName="ci") == (
        "AccessDenied"
    )
    claims = {"sub": "repo:acme/shop", "iss": "https://ci.example", "aud": "sts.amazonaws.com"}
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    identity = sts.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="ci", WebIdentityToken=f"e30.{part}.c2ln"
    )
    assert identity["SubjectFromWebIdentityToken"] == "repo:acme/shop"
    assert code(
        sts.assume_role_with_web_identity, RoleArn=role, RoleSessionName="ci",
        WebIdentityToken="nonsense",
    ) == "InvalidIdentityToken"


# --- Policies, regions, faults


def test_with_the_reference_policy_exactly_its_actions_pass(start, slipway):
    policy = slipway.work / "policy.json"
    policy.write_text(json.dumps(REFERENCE_POLICY))
    sandbox = start("--bucket", "revisions", "--bucket", "others", "--policy", str(policy))
    s3, admin = sandbox.client("s3"), sandbox.client("s3", admin=True)
    place = {"Bucket": "revisions", "Key": "apps/a"}
    s3.put_object(**place, Body=b"x")
    upload = s3.create_multipart_upload(**place)["UploadId"]
    tag = s3.upload_part(**place, UploadId=upload, PartNumber=1, Body=b"y")["ETag"]
    s3.complete_multipart_upload(
        **place, UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": tag}]}
    )
    upload = s3.create_multipart_upload(**place)["UploadId"]
    refused = [
        (s3.get_object, place), (s3.delete_object, place),
        (s3.list_objects_v2, {"Bucket": "revisions"}), (s3.list_buckets, {}),
        (s3.create_bucket, {"Bucket": "mine"}), (s3.delete_bucket, {"Bucket": "others"}),
        (s3.put_object, {"Bucket": "others", "Key": "k"}),
        (s3.abort_multipart_upload, {**place, "UploadId": upload}),
        (s3.list_parts, {**place, "UploadId": upload}),
        (s3.get_bucket_versioning, {"Bucket": "revisions"}),
        (s3.get_bucket_location, {"Bucket": "revisions"}),
    ]
    for call, arguments in refused:
        assert code(call, **arguments) == "AccessDenied", call
    assert code(s3.head_object, **place) == "403"
    assert code(s3.head_bucket, Bucket="revisions") == "403"
    assert sandbox.client("sts").get_caller_identity()["Arn"].endswith(":user/slipway")
    assert admin.get_object(**place)["Body"].read() == b"y"
    assert admin.list_objects_v2(Bucket="others")["KeyCount"] == 0


def test_what_a_policy_cannot_be_is_said(slipway):
    policy = slipway.work / "policy.json"
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    for extra, word in [
        ({"Condition": {"StringEquals": {"aws:ResourceTag/team": "x"}}}, b"aws:ResourceTag/team"),
        ({"Condition": {"ForAllValues:StringLike": {"s3:prefix": "x"}}}, b"ForAllValues:StringLike"),
        ({"Principal": "*"}, b"Principal"),
        ({"Effect": "Maybe"}, b"Maybe"),
        ({"Resource": "${aws:PrincipalTag/team}"}, b"aws:PrincipalTag/team"),
        ({"NotAction": "s3:*"}, b"NotAction"),
    ]:
        document = {"Version": "2012-10-17", "Statement": {**statement, **extra}}
        policy.write_text(json.dumps(document))
        result = slipway("sandbox", "--policy", str(policy), "--", "true", status=2)
        assert word in result.stderr, result.stderr


def test_a_bucket_of_another_region_says_where_it_is(start):
    sandbox = start("--bucket", "far,region=eu-west-1", "--bucket", "near")
    east = sandbox.client("s3")
    # botocore reads the region out of the answer and signs again by itself.
    put = east.put_object(Bucket="far", Key="k", Body=b"x")
    assert put["ResponseMetadata"]["HTTPStatusCode"] == 200
    status, text = send(sandbox, "PUT", "/far/k", body=b"x")
    assert status == 301 and "PermanentRedirect" in text and "eu-west-1" in text
    status, text = send(sandbox, "PUT", "/far/k", body=b"x", region="ap-south-1")
    assert status == 400 and "<Region>eu-west-1</Region>" in text
    assert send(sandbox, "PUT", "/far/k", body=b"x", region="eu-west-1")[0] == 200
    west = sandbox.client("s3", region="eu-west-1")
    assert west.get_object(Bucket="far", Key="k")["Body"].read() == b"x"
    assert east.get_bucket_location(Bucket="near")["LocationConstraint"] is None
    assert west.get_bucket_location(Bucket="far")["LocationConstraint"] == "eu-west-1"
    west.create_bucket(
        Bucket="made", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    assert code(west.create_bucket, Bucket="made2") == "IllegalLocationConstraintException"
    assert code(east.create_bucket, Bucket="near") == "BucketAlreadyOwnedByYou"
    assert code(east.create_bucket, Bucket="a..b") == "InvalidBucketName"


@pytest.mark.parametrize(
    "fault, expected",
    [
        ("s3.PutObject throttle", "SlowDown"),
        ("s3.PutObject unavailable", "ServiceUnavailable"),
        ("s3 internal", "InternalError"),
        ("* deny", "AccessDenied"),
        ("s3 clock=-20m", "RequestTimeTooSkewed"),
        ("s3 region=eu-west-1", "PermanentRedirect"),
    ],
)
def test_faults_are_answers(start, fault, expected):
    sandbox = start("--bucket", "revisions", "--fault", fault + " times=1")
    status, text = send(sandbox, "PUT", "/revisions/k", body=b"x")
    assert f"<Code>{expected}</Code>" in text
    assert send(sandbox, "PUT", "/revisions/k", body=b"x")[0] == 200


def test_faults_break_connections(start, slipway):
    sandbox = start("--bucket", "revisions")
    s3 = sandbox.client("s3", read_timeout=2)
    place = {"Bucket": "revisions", "Key": "k"}
    faults = slipway.folder / "state" / "faults"
    faults.write_text("s3.PutObject lost times=1  # it is stored all the same\n")
    with pytest.raises((ConnectionClosedError, HTTPClientError)):
        s3.put_object(**place, Body=b"stored")
    assert s3.get_object(**place)["Body"].read() == b"stored"
    faults.write_text("s3.PutObject reset times=1\n")
    with pytest.raises((ConnectionClosedError, HTTPClientError, EndpointConnectionError)):
        s3.put_object(**place, Body=b"other")
    assert s3.get_object(**place)["Body"].read() == b"stored"
    faults.write_text("s3.GetObject half times=1\n")
    with pytest.raises(Exception):
        s3.get_object(**place)["Body"].read()
    faults.write_text("s3.HeadObject hang times=1\n")
    with pytest.raises(HTTPClientError):
        s3.head_object(**place)
    faults.write_text("s3.GetObject throttle every=3\n")
    seen = []
    for _ in range(6):
        try:
            s3.get_object(**place)
            seen.append("ok")
        except ClientError as error:
            seen.append(error.response["Error"]["Code"])
    assert seen == ["ok", "ok", "SlowDown"] * 2
    faults.unlink()
    for _ in range(4):
        s3.get_object(**place)


def test_a_fault_that_is_none_is_said(slipway):
    for fault in ["s3.PutObjekt throttle", "s4 throttle", "s3 explode", "s3", "s3 deny every=x"]:
        result = slipway("sandbox", "--fault", fault, "--", "true", status=2)
        assert b"fault" in result.stderr


# --- State


def test_what_was_stored_is_there_after_a_restart(start, slipway):
    first = start("--bucket", "versions,versioned")
    s3 = first.client("s3")
    version = s3.put_object(Bucket="versions", Key="a//b", Body=b"x" * 100_000)["VersionId"]
    upload = s3.create_multipart_upload(Bucket="versions", Key="m")["UploadId"]
    tag = s3.upload_part(Bucket="versions", Key="m", UploadId=upload, PartNumber=1, Body=b"p")
    first.process.terminate()
    assert first.process.wait(timeout=30) == 0
    second = start()
    assert second.facts["access_key_id"] == first.facts["access_key_id"]
    s3 = second.client("s3")
    got = s3.get_object(Bucket="versions", Key="a//b", VersionId=version)
    assert got["Body"].read() == b"x" * 100_000
    s3.complete_multipart_upload(
        Bucket="versions", Key="m", UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": tag["ETag"]}]},
    )
    state = slipway.folder / "state"
    assert (state / "account.json").stat().st_mode & 0o777 == 0o600
    assert state.stat().st_mode & 0o777 == 0o700
    for path in state.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_two_sandboxes_do_not_share_a_state_folder(start, slipway):
    start()
    result = slipway("sandbox", "--state", str(slipway.folder / "state"), "--", "true", status=2)
    assert b"another sandbox is running" in result.stderr


@pytest.mark.parametrize("parts", [1, 2])
def test_a_kill_in_the_middle_of_uploads_tears_nothing(start, slipway, parts):
    """Killed again and again while an object is overwritten: it is whole, and the last one that
    was acknowledged or the one after it."""
    place = {"Bucket": "revisions", "Key": "k"}
    acknowledged = slipway.folder / "acknowledged"
    acknowledged.touch()
    log = slipway.folder / "log"

    def content(number):
        return number.to_bytes(4, "big") * (5 << 18)

    def check(s3):
        count = acknowledged.stat().st_size
        if count:
            body = s3.get_object(**place)["Body"].read()
            assert body[: len(content(0))] in (content(count), content(count + 1))
            assert body[len(content(0)) :] == body[3::-1] * (parts - 1)
        return count

    for round in range(6):
        sandbox = start("--bucket", "revisions")
        s3 = sandbox.client("s3")
        count = check(s3)
        pid = os.fork()
        if pid == 0:
            try:
                while True:
                    count += 1
                    if parts == 1:
                        s3.put_object(**place, Body=content(count))
                    else:
                        upload_in_parts(s3, place, content(count), content(count)[3::-1])
                    with acknowledged.open("ab") as file:
                        file.write(b".")
            except BaseException:
                os._exit(0)
        size = log.stat().st_size
        wanted = (300 + 40 * round) * parts * parts
        wait_until(lambda: log.stat().st_size > size + wanted, "some uploads")
        sandbox.process.kill()
        sandbox.process.wait()
        os.waitpid(pid, 0)
    s3 = start().client("s3")
    assert check(s3)
    for upload in s3.list_multipart_uploads(Bucket="revisions").get("Uploads", []):
        s3.abort_multipart_upload(**place, UploadId=upload["UploadId"])
    state = slipway.folder / "state" / "s3"
    wait_until(lambda: not list((state / "incoming").iterdir()), "nothing comes in")
    data = state / "buckets/revisions/data"
    wait_until(lambda: len(list(data.iterdir())) == parts, "what is unwanted is gone")


def test_a_gibibyte_streams_in_constant_memory(sandbox):
    def resident():
        with open(f"/proc/{sandbox.process.pid}/status") as status:
            for line in status:
                if line.startswith("VmHWM"):
                    return int(line.split()[1]) // 1024
        return 0

    s3 = sandbox.client("s3", signature_version="s3v4")
    s3.put_object(Bucket="revisions", Key="warm", Body=b"x" * (16 << 20))
    before = resident()
    size = 1 << 30
    url = s3.generate_presigned_url("put_object", {"Bucket": "revisions", "Key": "big"})
    zeros = open("/dev/zero", "rb")

    class Zeros:
        def __init__(self):
            self.left = size

        def read(self, count=-1):
            count = min(self.left, 1 << 20 if count < 0 else count)
            self.left -= count
            return zeros.read(count)

    request = urllib.request.Request(
        url, data=Zeros(), method="PUT", headers={"Content-Length": str(size)}
    )
    with urllib.request.urlopen(request, timeout=300) as answer:
        assert answer.status == 200
    down = s3.get_object(Bucket="revisions", Key="big")["Body"]
    count = sum(len(chunk) for chunk in down.iter_chunks(1 << 20))
    assert count == size
    assert resident() - before < 64
