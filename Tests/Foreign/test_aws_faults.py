"""A server that fails in every way a network can, and what slipway's client makes of it."""

import calendar
import contextlib
import email.utils
import hashlib
import http.server
import json
import socket
import ssl
import struct
import subprocess
import threading
import time

import pytest
from probe import content, probe_path, running
from servers import free_port

QUICK = {"PROBE_STALL": "400", "PROBE_CONNECT": "2000", "PROBE_TIME": "5000"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle_any(self):
        server = self.server
        with server.lock:
            server.count += 1
            number = server.count
        step = server.step(number)
        if step == "reset-early":
            return self.reset()
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        with server.lock:
            server.requests.append((self.command, self.path, dict(self.headers), body))
            server.connections.add(self.client_address)
        if callable(step):
            step = step(self)
        if step == "ok":
            self.succeed(body)
        elif step == "hang":
            server.released.wait(30)
            self.close_connection = True
        elif step == "reset":
            self.reset()
        elif step == "half":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nETag: \"x\"\r\n\r\nhalf")
            self.close_connection = True
        elif step == "half-headers":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Le")
            self.close_connection = True
        elif step == "garbage":
            self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
            self.close_connection = True
        elif step == "drop-kept":
            # Answers, says that it keeps the connection, and closes it all the same.
            self.succeed(body)
            self.close_connection = True
        elif isinstance(step, int):
            self.answer(step, b"<html>no</html>", {})
        elif step:
            self.answer(*step)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any

    def succeed(self, body):
        target = self.headers.get("X-Amz-Target", "")
        if target.endswith("GetDeployment"):
            return self.answer(200, b'{"deploymentInfo":{"status":"InProgress"}}', {})
        if target.endswith("CreateDeployment"):
            with self.server.lock:
                self.server.deployments += 1
            return self.answer(200, b'{"deploymentId":"d-123456789"}', {})
        if self.command == "GET":
            return self.answer(200, content(300_000), {"ETag": '"x"'})
        etag = hashlib.md5(body).hexdigest()
        return self.answer(200, b"", {"ETag": f'"{etag}"'})

    def answer(self, status, body, headers):
        self.send_response_only(status)
        if "Date" not in headers:
            self.send_header("Date", email.utils.formatdate(usegmt=True))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def reset(self):
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()
        self.close_connection = True
        # http.server flushes what it would have written.
        self.wfile = self.rfile = open("/dev/null", "r+b", buffering=0)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, step):
        self.step = step
        self.lock = threading.Lock()
        self.released = threading.Event()
        self.count = 0
        self.deployments = 0
        self.requests = []
        self.connections = set()
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_):
        pass


@contextlib.contextmanager
def server(step):
    """Does what the step says of each request, which are counted from 1."""
    made = Server(step)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        made.released.set()
        made.shutdown()
        thread.join()
        made.server_close()


def every_third(fault):
    return lambda number: fault if number % 3 == 1 else "ok"


FAULTS = [
    "reset-early", "reset", "half", "half-headers", "garbage", "hang", 500, 502, 503, 504, 429,
    (503, b"<Error><Code>SlowDown</Code></Error>", {}),
    (400, b"<Error><Code>RequestTimeout</Code></Error>", {}),
]  # fmt: skip


@pytest.fixture
def path(pytestconfig):
    return probe_path(pytestconfig)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
@pytest.mark.parametrize("streams", [False, True])
def test_uploads_survive_every_third_request_failing(path, fault, streams):
    with server(every_third(fault)) as aws, running(path, aws.endpoint, **QUICK) as probe:
        for _ in range(4):
            stored = probe.ok("put", bucket="probe", key="k", size=200_000, streams=streams)
            # What arrived in the attempt that counted is whole.
            assert stored["e_tag"] == hashlib.md5(content(200_000)).hexdigest()
        assert aws.count > 4


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_downloads_survive_every_third_request_failing(path, fault):
    expected = hashlib.sha256(content(300_000)).hexdigest()
    with server(every_third(fault)) as aws, running(path, aws.endpoint, **QUICK) as probe:
        for _ in range(4):
            assert probe.ok("get", bucket="probe", key="k") == expected


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_polls_survive_every_third_request_failing(path, fault):
    with server(every_third(fault)) as aws, running(path, aws.endpoint, **QUICK) as probe:
        for _ in range(4):
            assert probe.ok("deployment", deployment="d-1") == "InProgress"


@pytest.mark.parametrize("fault", ["reset", "half", "half-headers", "hang", "drop-kept", 500, 503],
                         ids=str)  # fmt: skip
def test_a_deployment_is_never_asked_for_twice(path, fault):
    """Each fault comes after the request was carried out, on a connection that was used before."""
    carried_out = 0

    def lose(handler):
        nonlocal carried_out
        if not handler.headers.get("X-Amz-Target", "").endswith("CreateDeployment"):
            return "ok"
        carried_out += 1
        return fault

    with server(lambda _: lose) as aws, running(path, aws.endpoint, **QUICK) as probe:
        probe.ok("deployment", deployment="d-1")
        told = probe("create")
        if fault == "drop-kept":
            assert "ok" in told
        else:
            assert told["meaning"] == "answerLost" and told["attempts"] == 1, told
        assert carried_out == 1


def test_a_deployment_that_was_throttled_is_asked_for_again(path):
    throttled = (400, b'{"__type":"ThrottlingException","message":"Rate exceeded"}', {})
    with server(every_third(throttled)) as aws, running(path, aws.endpoint, **QUICK) as probe:
        assert probe.ok("create") == "d-123456789"
        assert (aws.count, aws.deployments) == (2, 1)


def test_connections_are_kept_and_replaced(path):
    with server(lambda _: "ok") as aws, running(path, aws.endpoint, **QUICK) as probe:
        for _ in range(20):
            probe.ok("put", bucket="probe", key="k", size=10)
        assert len(aws.connections) == 1
    with server(lambda _: "drop-kept") as aws, running(path, aws.endpoint, **QUICK) as probe:
        for _ in range(20):
            probe.ok("put", bucket="probe", key="k", size=10)


def test_a_dead_endpoint_ends_within_the_limits(path):
    endpoint = f"http://127.0.0.1:{free_port()}"
    began = time.monotonic()
    with running(path, endpoint, **QUICK) as probe:
        told = probe.fails("deployment", deployment="d-1")
    assert told["meaning"] == "unreachable"
    assert "cannot be reached" in told["error"]["message"]
    assert told["attempts"] == 8
    assert time.monotonic() - began < 30


def test_a_server_that_hangs_ends_within_the_limits(path):
    with server(lambda _: "hang") as aws:
        variables = {**QUICK, "PROBE_TIME": "1000"}
        with running(path, aws.endpoint, **variables) as probe:
            told = probe.fails("deployment", deployment="d-1")
    assert told["meaning"] == "answerLost"
    assert "stopped answering" in told["error"]["message"]
    assert told["attempts"] < 8


def test_a_connection_that_nobody_accepts_ends_within_the_limits(path):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        # Nobody accepts: the queue fills, and whoever comes later is left waiting.
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        endpoint = f"http://127.0.0.1:{full.getsockname()[1]}"
        variables = {**QUICK, "PROBE_CONNECT": "300", "PROBE_TIME": "500"}
        with running(path, endpoint, **variables) as probe:
            assert probe.fails("identity")["meaning"] in ("unreachable", "answerLost")
        for each in waiting:
            each.close()


@pytest.mark.parametrize("streams", [False, True])
def test_a_hanging_call_is_cancelled_at_once(path, streams):
    with server(lambda _: "hang") as aws, running(path, aws.endpoint) as probe:
        began = time.monotonic()
        told = probe.fails(
            "put", bucket="probe", key="k", size=100_000, streams=streams,
            cancel_after=200,
        )  # fmt: skip
        assert told["error"] == "CancellationError()"
        assert time.monotonic() - began < 10
        # The client is none the worse for it.
        aws.step = lambda _: "ok"
        probe.ok("put", bucket="probe", key="k", size=100_000, streams=streams)


@pytest.mark.parametrize("hours", [-26, -1, 1, 3])
def test_a_wrong_clock_is_corrected_once(path, hours):
    """The server lives in another time and refuses what is more than 15 minutes off."""

    def judge(handler):
        there = time.time() + hours * 3600
        header = {"Date": email.utils.formatdate(there, usegmt=True)}
        stamp = time.strptime(handler.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ")
        if abs(there - calendar.timegm(stamp)) > 900:
            return 403, b"<Error><Code>RequestTimeTooSkewed</Code></Error>", header
        return 200, b"", {"ETag": '"x"', **header}

    with server(lambda _: judge) as aws, running(path, aws.endpoint, **QUICK) as probe:
        first = probe("put", bucket="probe", key="k", size=1)
        assert "ok" in first, first
        side = "behind" if hours > 0 else "ahead of"
        assert len(first["notices"]) == 1 and f"{side} AWS's" in first["notices"][0]
        assert probe("put", bucket="probe", key="k", size=1)["notices"] == []
        assert aws.count == 3


@pytest.mark.parametrize("status", [301, 307, 400])
def test_a_bucket_elsewhere_is_found(path, status):
    def judge(handler):
        if "/eu-west-3/s3/" not in handler.headers["Authorization"]:
            return status, b"", {"x-amz-bucket-region": "eu-west-3"}
        return "ok"

    with server(lambda _: judge) as aws, running(path, aws.endpoint, **QUICK) as probe:
        told = probe("put", bucket="probe", key="k", size=9)
        assert "ok" in told, told
        assert told["notices"] == ["the bucket probe is in eu-west-3, not in us-east-1"]
        probe.ok("put", bucket="probe", key="k", size=9)
        assert aws.count == 3


def test_paths_go_out_as_they_are(path):
    with server(lambda _: "ok") as aws, running(path, aws.endpoint, **QUICK) as probe:
        probe.ok("put", bucket="probe", key="./a//b/./c d+e%~é", size=1)
        assert aws.requests[0][1] == "/probe/./a//b/./c%20d%2Be%25~%C3%A9"
        headers = {name.lower(): value for name, value in aws.requests[0][2].items()}
        assert headers["content-length"] == "1" and "expect" not in headers


def test_a_proxy_is_used_unless_the_host_is_excepted(path):
    with server(lambda _: "ok") as proxy, server(lambda _: "ok") as aws:
        through = {"http_proxy": proxy.endpoint.replace("//", "//user:secret@"), **QUICK}
        with running(path, aws.endpoint, **through) as probe:
            probe.ok("put", bucket="probe", key="k", size=1)
        assert (proxy.count, aws.count) == (1, 0)
        assert proxy.requests[0][1] == f"{aws.endpoint}/probe/k"
        assert proxy.requests[0][2]["Proxy-Authorization"].startswith("Basic ")
        with running(path, aws.endpoint, NO_PROXY="example.com,127.0.0.1", **through) as probe:
            probe.ok("put", bucket="probe", key="k", size=1)
        assert (proxy.count, aws.count) == (1, 1)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem",
         "-out", "cert.pem", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=IP:127.0.0.1"], cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return folder


def test_certificates_are_checked_against_the_bundle(path, certificate, tmp_path):
    with server(lambda _: "ok") as aws:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
        aws.socket = context.wrap_socket(aws.socket, server_side=True)
        endpoint = aws.endpoint.replace("http:", "https:")
        bundle = str(certificate / "cert.pem")
        with running(path, endpoint, AWS_CA_BUNDLE=bundle, **QUICK) as probe:
            for _ in range(3):
                probe.ok("put", bucket="probe", key="k", size=100_000)
        with running(path, endpoint, **QUICK) as probe:
            told = probe.fails("put", bucket="probe", key="k", size=1)
            assert "not one to trust" in told["error"]["message"]
            assert told["attempts"] == 1
        missing = str(tmp_path / "none.pem")
        with running(path, endpoint, AWS_CA_BUNDLE=missing, **QUICK) as probe:
            told = probe.fails("put", bucket="probe", key="k", size=1)
            assert "AWS_CA_BUNDLE" in told["error"]["message"]
            assert told["attempts"] == 1


def test_what_is_said_has_no_control_characters(path):
    nasty = json.dumps({"__type": "Odd\x1b[1m", "message": "a\x1b]0;b\x07\u202ec\n"}).encode()
    with server(lambda _: (400, nasty, {})) as aws, running(path, aws.endpoint, **QUICK) as probe:
        told = probe.fails("deployment", deployment="d-1")
        for text in (told["error"]["message"], told["error"]["why"]):
            assert not set(text) & {"\x1b", "\x07", "\u202e", "\n"}, text


def test_an_answer_without_end_is_given_up(path):
    def flood(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        with contextlib.suppress(OSError):
            while True:
                handler.wfile.write(b"<a>" * 100_000)
        handler.close_connection = True

    with server(lambda _: flood) as aws, running(path, aws.endpoint, **QUICK) as probe:
        told = probe.fails("location", bucket="probe")
        assert "more than AWS ever says" in told["error"]["message"]
