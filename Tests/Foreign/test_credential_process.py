"""The AWS CLI and boto3 judge `credential-process`: with nothing but a profile that names it, they
sign a request, whose signature botocore works out again from the secret that was stored."""

import contextlib
import hmac
import json
import subprocess
import sys
import sysconfig
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from conftest import ACCESS_KEY_ID, CONFIGURATION, PATIENCE, PROJECT, SECRET, TOKEN

ACCOUNT = "123456789012"

IDENTITY = f"""\
<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetCallerIdentityResult>
    <Arn>arn:aws:iam::{ACCOUNT}:user/%s</Arn><UserId>%s</UserId><Account>{ACCOUNT}</Account>
  </GetCallerIdentityResult>
  <ResponseMetadata><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ResponseMetadata>
</GetCallerIdentityResponse>
"""

REFUSAL = """\
<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code><Message>%s</Message></Error>
  <RequestId>00000000-0000-0000-0000-000000000000</RequestId>
</ErrorResponse>
"""


class Signature:
    """What the Authorization header of a request says."""

    def __init__(self, header):
        fields = dict(part.split("=", 1) for part in header.split(" ", 1)[1].split(", "))
        self.access_key_id, _, self.region, self.service, _ = fields["Credential"].split("/")
        self.signed_headers = fields["SignedHeaders"].split(";")
        self.value = fields["Signature"]

    def is_by(self, secret, url, headers, body):
        """Whether botocore, given the secret, signs the request the same way."""
        signed = {name: headers[name] for name in self.signed_headers}
        request = AWSRequest("POST", url, headers=signed, data=body)
        request.context["timestamp"] = headers["X-Amz-Date"]
        signer = SigV4Auth(Credentials(self.access_key_id, secret), self.service, self.region)
        text = signer.string_to_sign(request, signer.canonical_request(request))
        return hmac.compare_digest(signer.signature(text, request), self.value)


class SecurityTokenService(ThreadingHTTPServer):
    """Answers GetCallerIdentity with the access key id, if the one secret signed the request."""

    def __init__(self, secret, token):
        super().__init__(("127.0.0.1", 0), Answer)
        self.secret, self.token = secret, token
        self.url = f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signature = Signature(self.headers["Authorization"])
        url = self.server.url + self.path
        if self.headers["X-Amz-Security-Token"] != self.server.token:
            self.answer(403, REFUSAL % "another session token")
        elif not signature.is_by(self.server.secret, url, self.headers, body):
            self.answer(403, REFUSAL % "another secret")
        else:
            self.answer(200, IDENTITY % (signature.access_key_id, signature.access_key_id))

    def answer(self, status, text):
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def security_token_service(secret, token=None):
    server = SecurityTokenService(secret.decode(), token and token.decode())
    thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


WITH_BOTO3 = """
import boto3, json, sys
session = boto3.Session(profile_name=sys.argv[1])
identity = session.client("sts").get_caller_identity()
print(json.dumps({name: identity[name] for name in ("Account", "UserId")}))
"""

CLIENTS = {
    "aws": [
        Path(sysconfig.get_path("scripts")) / "aws",
        *("sts", "get-caller-identity", "--output", "json", "--profile"),
    ],
    "boto3": [sys.executable, "-c", WITH_BOTO3],
}


@pytest.fixture(params=CLIENTS)
def client(request):
    return CLIENTS[request.param]


def ask_who_i_am(client, home, url, project=PROJECT):
    """What a client says that knows slipway only from a profile."""
    profile = home.folder / ".aws/config"
    profile.parent.mkdir()
    profile.write_text(
        f"[profile shop]\n"
        f"region = eu-central-1\n"
        f"endpoint_url = {url}\n"
        f"retry_mode = standard\n"
        f"credential_process = '{home.binary}' credential-process --project {project}\n"
    )
    return subprocess.run(
        [*client, "shop"],
        env=home.environment,
        cwd=home.work,
        capture_output=True,
        timeout=PATIENCE,
    )


def assert_identified(result):
    assert result.returncode == 0, result.stderr.decode()
    identity = json.loads(result.stdout)
    assert (identity["Account"], identity["UserId"]) == (ACCOUNT, ACCESS_KEY_ID)


def test_a_client_signs_with_the_secret_of_the_store(client, store):
    store.set_keys(SECRET)
    with security_token_service(SECRET) as url:
        assert_identified(ask_who_i_am(client, store, url))


def test_a_client_sends_the_session_token_of_the_store(client, store):
    store.set_keys(SECRET, TOKEN)
    with security_token_service(SECRET, TOKEN) as url:
        assert_identified(ask_who_i_am(client, store, url))


def test_a_client_gets_a_secret_that_json_must_escape(client, store):
    secret = (
        'quote " backslash \\ tab \t line\nbreak, é ü \u2028 \U0001f512 /slash\x01\x7f'.encode()
    )
    store.set_keys(secret)
    with security_token_service(secret) as url:
        assert_identified(ask_who_i_am(client, store, url))


def test_a_client_says_what_slipway_says_when_there_are_no_keys(client, store):
    with security_token_service(SECRET, TOKEN) as url:
        result = ask_who_i_am(client, store, url, project="acme/other")
    assert result.returncode != 0
    assert b"there is no project acme/other" in result.stderr


@pytest.mark.parametrize("secret, token", [(b"another secret", TOKEN), (SECRET, b"another")])
def test_the_endpoint_of_this_test_refuses_another_secret_or_token(store, secret, token):
    with security_token_service(secret, token) as url:
        result = ask_who_i_am(CLIENTS["boto3"], store, url)
    assert b"SignatureDoesNotMatch" in result.stderr


def test_the_document_has_the_members_that_the_sdks_define_and_no_other(store):
    printed = store("credential-process", "--project", PROJECT)
    assert json.loads(printed.stdout) == {
        "Version": 1,
        "AccessKeyId": ACCESS_KEY_ID,
        "SecretAccessKey": SECRET.decode(),
        "SessionToken": TOKEN.decode(),
    }
    assert printed.stderr == b""


def test_a_secret_that_json_cannot_hold_is_refused(store):
    store.set_keys(b"\xff\xfe is not UTF-8")
    printed = store("credential-process", "--project", PROJECT, status=CONFIGURATION)
    assert printed.stdout == b""
    assert b"AWS_SECRET_ACCESS_KEY cannot be written as json" in printed.stderr
