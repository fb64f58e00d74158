"""A CodeDeploy and an STS of a few lines, whose answers a test scripts; S3 is moto's.

It deploys nothing: a deployment goes through the statuses it is given, one for each look at it.
"""

import contextlib
import http.server
import itertools
import json
import re
import socket
import threading
import time

from moto.server import ThreadedMotoServer

DENIED_BY_THE_LEAST_POLICY = {
    "ListDeploymentTargets",
    "BatchGetDeploymentTargets",
    "ListDeployments",
    "StopDeployment",
    "GetDeploymentGroup",
    "GetApplication",
}


class CodeDeploy:
    """What the stub knows, and how it is to behave."""

    def __init__(self):
        self.lock = threading.RLock()
        self.calls = []
        self.deployments = {}
        # What the next deployments go through, one status for each look; the last one stays.
        self.statuses = ["Created", "InProgress", "Succeeded"]
        self.targets = [target("i-1", "Succeeded", [("ApplicationStop", "Succeeded")])]
        # How far its clock is ahead of this machine's, in seconds.
        self.clock = 0
        # What becomes of one that is to stop.
        self.stopped = "Stopped"
        self.error = None
        self.rollback = None
        self.denied = set()
        # operation -> list of faults, one for each call: throttle, 500, reset, lost, hang, None
        self.faults = {}
        self.numbers = itertools.count(1)
        self.released = threading.Event()

    def count(self, operation):
        return sum(name == operation for name, _ in self.calls)

    def requests(self, operation):
        return [body for name, body in self.calls if name == operation]

    def answer(self, operation, body):
        """The status and the document that AWS would answer with."""
        with self.lock:
            if operation in self.denied:
                message = f"User: arn:aws:iam::123456789012:user/ci is not authorized: {operation}"
                return 400, failure("AccessDeniedException", message)
            return getattr(self, operation)(body)

    def RegisterApplicationRevision(self, body):
        return 200, None

    def GetApplicationRevision(self, body):
        used = [
            item["info"]["createTime"]
            for item in self.deployments.values()
            if item["info"]["revision"] == body["revision"]
        ]
        info = {"lastUsedTime": max(used)} if used else {}
        return 200, {"revision": body["revision"], "revisionInfo": info}

    def CreateDeployment(self, body):
        for id, item in self.deployments.items():
            if not is_final(item["info"]["status"]):
                message = (
                    f"The Deployment Group '{body['deploymentGroupName']}' already has an active "
                    f"Deployment '{id}'"
                )
                return 400, failure("DeploymentLimitExceededException", message)
        return 200, {"deploymentId": self.add(self.statuses, body)}

    def add(self, statuses, body, **more):
        id = f"d-{next(self.numbers):09}"
        rest = list(statuses)
        info = {
            "deploymentId": id,
            "applicationName": body["applicationName"],
            "deploymentGroupName": body["deploymentGroupName"],
            "revision": body["revision"],
            "status": rest[0],
            "createTime": time.time() + self.clock,
            "creator": "user",
            **more,
        }
        if "description" in body:
            info["description"] = body["description"]
        self.deployments[id] = {"info": info, "rest": rest}
        return id

    def GetDeployment(self, body):
        item = self.deployments.get(body["deploymentId"])
        if item is None:
            return 400, failure("DeploymentDoesNotExistException", "no such deployment")
        info = item["info"]
        info["status"] = item["rest"].pop(0) if len(item["rest"]) > 1 else item["rest"][0]
        done = is_final(info["status"])
        failed = sum(found["instanceTarget"]["status"] == "Failed" for found in self.targets)
        info["deploymentOverview"] = {
            "Pending": 0,
            "InProgress": 0 if done else len(self.targets),
            "Succeeded": len(self.targets) - failed if done else 0,
            "Failed": failed if done else 0,
            "Skipped": 0,
            "Ready": 0,
        }
        if info["status"] == "Failed" and self.error:
            info["errorInformation"] = self.error
        if info["status"] in ("Failed", "Stopped") and self.rollback and info["creator"] == "user":
            if "rollbackInfo" not in info:
                rollback = self.add(self.rollback, info, creator="codeDeployRollback")
                info["rollbackInfo"] = {"rollbackDeploymentId": rollback}
        return 200, {"deploymentInfo": info}

    def ListDeployments(self, body):
        start = body.get("createTimeRange", {}).get("start", 0)
        found = [
            id
            for id, item in reversed(self.deployments.items())
            if item["info"]["createTime"] >= start
        ]
        return 200, {"deployments": found}

    def ListDeploymentTargets(self, body):
        return 200, {"targetIds": [found["instanceTarget"]["targetId"] for found in self.targets]}

    def BatchGetDeploymentTargets(self, body):
        assert len(body["targetIds"]) <= 25
        wanted = set(body["targetIds"])
        found = [one for one in self.targets if one["instanceTarget"]["targetId"] in wanted]
        return 200, {"deploymentTargets": found}

    def StopDeployment(self, body):
        item = self.deployments[body["deploymentId"]]
        if is_final(item["info"]["status"]):
            return 400, failure("DeploymentAlreadyCompletedException", "it is over")
        item["rest"] = [self.stopped]
        return 200, {"status": "Pending", "statusMessage": ""}

    def GetDeploymentGroup(self, body):
        if body["deploymentGroupName"] == "missing":
            return 400, failure("DeploymentGroupDoesNotExistException", "no such group")
        return 200, {"deploymentGroupInfo": {"deploymentGroupName": body["deploymentGroupName"]}}

    def GetApplication(self, body):
        return 200, {"application": {"applicationName": body["applicationName"]}}


def is_final(status):
    return status in ("Succeeded", "Failed", "Stopped")


def failure(code, message):
    return {"__type": f"com.amazonaws.codedeploy#{code}", "message": message}


def target(id, status, events, diagnostics=None):
    """A target whose events are (name, status), the failed one with diagnostics."""
    return {
        "deploymentTargetType": "InstanceTarget",
        "instanceTarget": {
            "targetId": id,
            "status": status,
            "lifecycleEvents": [
                {
                    "lifecycleEventName": name,
                    "status": how,
                    **({"diagnostics": diagnostics} if how == "Failed" and diagnostics else {}),
                }
                for name, how in events
            ],
        },
    }


@contextlib.contextmanager
def serving(codedeploy):
    """The address at which the stub answers."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def date_time_string(self, timestamp=None):
            return super().date_time_string((timestamp or time.time()) + codedeploy.clock)

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            named = self.headers.get("X-Amz-Target")
            operation = named.rpartition(".")[2] if named else "GetCallerIdentity"
            with codedeploy.lock:
                codedeploy.calls.append((operation, json.loads(body) if named else None))
                faults = codedeploy.faults.get(operation) or [None]
                fault = faults.pop(0)
            self.respond(operation, body, named, fault)

        def respond(self, operation, body, named, fault):
            if fault == "reset":
                return self.drop()
            if fault == "hang":
                codedeploy.released.wait()
                return self.drop()
            if fault == "throttle":
                return self.send(400, json.dumps(failure("ThrottlingException", "Rate exceeded")))
            if fault == "500":
                return self.send(500, json.dumps(failure("InternalFailure", "")))
            if not named:
                return self.send(200, IDENTITY)
            status, document = codedeploy.answer(operation, json.loads(body))
            if fault == "lost":
                return self.drop()
            self.send(status, "" if document is None else json.dumps(document))

        def send(self, status, text):
            data = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            # Without it an answer, and its date, may be a proxy's.
            self.send_header("x-amzn-RequestId", "0f4d8a2e")
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(data)

        def drop(self):
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        codedeploy.released.set()
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def s3():
    """The address of an empty S3."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/ci</Arn><UserId>AIDA</UserId>
<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""


def deployment_id(text):
    return re.search(r"d-\d{9}", text)[0]
