"""S3 servers that others wrote, each on a port that the kernel chose."""

import contextlib
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request

from probe import ACCESS_KEY_ID, PATIENCE, SECRET


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def serving(words, port, folder, **variables):
    """A server's endpoint, while it runs in a folder of its own."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", **variables}
    endpoint = f"http://127.0.0.1:{port}"
    with open(folder / "log", "w") as log, subprocess.Popen(
        words, stdout=log, stderr=log, cwd=folder, env=environment, start_new_session=True
    ) as process:
        try:
            deadline = time.monotonic() + PATIENCE
            while not answers(endpoint):
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline, "waited in vain for the server"
                time.sleep(0.02)
            yield endpoint
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def answers(endpoint):
    try:
        urllib.request.urlopen(endpoint, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def moto(program, folder):
    port = free_port()
    return serving([program, "-H", "127.0.0.1", "-p", str(port)], port, folder)


def ministack(program, folder):
    """It checks signatures; its first user has the keys that aws-probe signs with."""
    port = free_port()
    return serving(
        [program], port, folder, AUTH="true", GATEWAY_PORT=str(port), PERSIST_STATE="0",
        AWS_ACCESS_KEY_ID=ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY=SECRET,
    )  # fmt: skip
