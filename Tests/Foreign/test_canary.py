"""Search judges that no secret is anywhere but where it belongs: canaries go through every command,
well and badly used, and then everything printed and every file is searched for them."""

import base64
import contextlib
import fcntl
import json
import os
import pty
import random
import re
import resource
import select
import shutil
import signal
import string
import subprocess
import sys
import tempfile
import termios
import urllib.parse
from pathlib import Path

import pytest
from conftest import (
    ACCESS_KEY_ID,
    DOCUMENTED_STATUSES,
    PATIENCE,
    PROJECT,
    STORE,
    SUCCESS,
    Home,
    descriptor_of,
    wait_until,
)
from decoder import Store, UnlockKey

WINDOW = 12

LETTERS = string.ascii_letters + string.digits


def unique(length, alphabet=LETTERS):
    return "".join(random.SystemRandom().choices(alphabet, k=length)).encode()


# The search


def encodings(value):
    """The forms in which a value, or a long enough part of it, could stand somewhere."""
    for start in range(len(value) - WINDOW + 1):
        part = value[start : start + WINDOW]
        yield part
        yield part.hex().encode()
        yield part.hex().upper().encode()
        yield urllib.parse.quote(part, safe="").encode()
        yield b"".join(bytes([byte, 0]) for byte in part)
        yield json.dumps(part.decode("latin-1"))[1:-1].encode()
    for offset in range(3):
        # The characters that only the value decides, whatever stands before and behind it.
        whole = base64.b64encode(bytes(offset) + value)
        certain = whole[4 if offset else 0 : len(whole) - 4]
        for start in range(len(certain) - 4 * WINDOW // 3 + 1):
            part = certain[start : start + 4 * WINDOW // 3]
            yield part
            yield part.translate(bytes.maketrans(b"+/", b"-_"))


class Search:
    """Looks for values in all of their encodings."""

    def __init__(self, **values):
        self.names = {
            form[:WINDOW]: name for name, value in values.items() for form in encodings(value)
        }

    def __call__(self, content):
        """The names of the values that the content has in some form."""
        windows = {content[at : at + WINDOW] for at in range(len(content) - WINDOW + 1)}
        return {self.names[found] for found in windows & self.names.keys()}


def files_below(folder):
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]


def test_the_search_finds_a_value_in_every_form():
    value = unique(40, LETTERS + '/+"\\')
    search = Search(value=value)
    text = value.decode()
    for form in (
        value,
        value[7:19],
        base64.b64encode(value),
        base64.b64encode(b"a" + value),
        base64.b64encode(b"ab" + value + b"cd"),
        base64.urlsafe_b64encode(b"a" + value),
        value.hex().encode(),
        value.hex().upper().encode(),
        urllib.parse.quote(text, safe="").encode(),
        json.dumps(text).encode(),
        text.encode("utf-16-le"),
        text.encode("utf-16-be"),
    ):
        assert search(b"before " + form + b" behind") == {"value"}, form
    assert search(value[:11] + b"." + value[11:22]) == set()


# Every command


class Watch:
    """Runs commands and keeps everything that they print, unless they are to print a secret."""

    def __init__(self, home, search):
        self.home = home
        self.search = search
        self.words_seen = []
        self.found = []

    def __call__(self, *words, hands_out=False, status=None, **options):
        result = self.home.run(*words, **options)
        assert status is None or result.returncode == status, result
        assert result.returncode in DOCUMENTED_STATUSES | {127}, result
        self.words_seen.append(words)
        for stream in ("stderr",) if hands_out else ("stdout", "stderr"):
            for name in self.search(getattr(result, stream)):
                self.found.append(f"{name} on {stream} of {words}")
        return result

    def look_into_files(self, when, belonging=()):
        for path in files_below(self.home.folder):
            for name in self.search(path.read_bytes()):
                if (name, path.name) not in belonging:
                    self.found.append(f"{name} in {path.name} {when}")


def commands_of(home):
    """Every command without subcommands, as its words, from slipway's own description."""

    def leaves(command, path):
        children = [it for it in command.get("subcommands", []) if it["commandName"] != "help"]
        if not children:
            yield path
        for child in children:
            yield from leaves(child, (*path, child["commandName"]))

    return set(leaves(json.loads(home("--experimental-dump-help").stdout)["command"], ()))


SETTINGS = ["--region", "eu-west-1", "--bucket", "a-bucket", "--key-pattern", "{COMMIT}.zip"]


@pytest.fixture(scope="module")
def canaries():
    key = os.urandom(32)
    return {
        "secret": unique(40, LETTERS + "+"),
        "token": unique(80, LETTERS + '/+"\\'),
        "typed secret": unique(40),
        "removed secret": unique(40),
        "passphrase": unique(30),
        "wrong passphrase": unique(30),
        "added key": base64.b64encode(key),
        "added key's bytes": key,
        "wrong key": base64.b64encode(os.urandom(32)),
        "malformed key": unique(60),
    }


@pytest.fixture(autouse=True)
def no_aws(slipway):
    """Nothing here speaks to AWS itself."""
    slipway.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"


@pytest.fixture
def inputs():
    """A folder for what a test itself writes: no place to search."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_no_canary_is_found_after_every_command(slipway, canaries, inputs):
    values = dict(canaries)
    slipway("project", "add", PROJECT)
    file_key = slipway.key_file.read_text().strip()
    values |= {"file's key": file_key.encode(), "its bytes": base64.b64decode(file_key)}
    derived = UnlockKey.from_text(file_key)
    values |= {"preshared key": derived.preshared_key}
    values |= {"private key": derived.private_key.private_bytes_raw()}
    watch = Watch(slipway, Search(**values))
    belonging = {("file's key", "unlock.key"), ("its bytes", "unlock.key")}
    here = ["--project", PROJECT]

    walk_well(watch, values, here)
    watch.look_into_files("in the end", belonging)
    walk_badly(watch, values, here, inputs)
    with Store(slipway.database, derived) as reader:
        inner = {"store key": reader.store_keys[reader.newest], "audit key": reader.audit_keys()[1]}
    watch.search = Search(**values, **inner)
    watch.look_into_files("after failures", belonging)
    walk_away(watch, here)
    watch.look_into_files("after removals", belonging)
    slipway.settle()
    watch.look_into_files("after a checkpoint", belonging)

    assert watch.found == [], "\n".join(watch.found)
    seen = watch.words_seen
    missing = {
        command
        for command in commands_of(slipway)
        if not any(words[: len(command)] == command for words in seen)
    }
    assert missing == set(), "a command that this test does not try yet"


def walk_well(watch, values, here):
    """Every command that keeps or changes something, as it is meant to be used."""
    secret_and_token = values["secret"] + b"\n" + values["token"] + b"\n"
    keys_set = ["keys", "set", ACCESS_KEY_ID, *here, "--json"]
    watch(*keys_set, stdin=values["removed secret"], status=SUCCESS)
    watch(*keys_set, "--session-token", stdin=secret_and_token, status=SUCCESS)
    watch("keys", "set", ACCESS_KEY_ID, *here, stdin=values["secret"], status=SUCCESS)
    watch(*keys_set, "--session-token", stdin=secret_and_token, status=SUCCESS)
    watch("settings", "set", "my-app", *here, *SETTINGS, status=SUCCESS)
    for json_flag in ([], ["--json"]):
        for words in (
            ["keys", "show", *here],
            ["project", "add", "acme/other" + "-json" * len(json_flag)],
            ["project", "list"],
            ["project", "show", PROJECT],
            ["project", "rename", PROJECT, "acme/renamed"],
            ["project", "rename", "acme/renamed", PROJECT],
            ["settings", "set", "my-app", *here, "--application-root", "/app"],
            ["settings", "get", "my-app", *here],
            ["settings", "list", *here],
            ["settings", "unset", "my-app", *here],
            ["settings", "history", "my-app", *here],
            ["settings", "revert", "my-app", "1", *here],
            ["export"],
            ["store", "show"],
            ["store", "rotate", "--plan"],
            ["store", "rotate"],
            ["store", "unlockers", "list"],
            ["audit", "list", "--all"],
            ["audit", "verify"],
            ["backup", "backup.db"],
            ["restore", "backup.db", "--yes"],
            ["doctor", *here],
        ):
            watch(*words, *json_flag, status=SUCCESS)
    # Off a terminal; what it shows on one is in test_screens.py.
    watch("admin", status=SUCCESS)
    exported = watch("export", "--format", "json", status=SUCCESS).stdout
    watch("import", "-", "--dry-run", stdin=exported, status=SUCCESS)
    watch("import", "-", "--yes", stdin=exported.replace(b"eu-west-1", b"eu-west-2"))

    add = ["store", "unlockers", "add"]
    watch(*add, "key", "--label", "added", stdin=values["added key"] + b"\n", status=SUCCESS)
    watch(*add, "key-file", "made.key", status=SUCCESS)
    added = watch(*add, "passphrase", "--json", stdin=values["passphrase"] + b"\n", status=SUCCESS)
    # What that file holds is random, and belongs there.
    (watch.home.work / "made.key").unlink()

    with descriptor_of(values["passphrase"]) as descriptor:
        by_passphrase = ["--unlocker", json.loads(added.stdout)["id"], "--passphrase-fd"]
        elsewhere = {"XDG_CONFIG_HOME": str(watch.home.temporary)}
        words = ["env", *here, *by_passphrase, str(descriptor)]
        options = {"variables": elsewhere, "pass_fds": [descriptor], "hands_out": True}
        assert values["secret"] in watch(*words, **options, status=SUCCESS).stdout

    for form in ("shell", "json"):
        assert values["secret"] in watch("env", *here, "--format", form, hands_out=True).stdout
    watch("env", *here, "--format", "dotenv", hands_out=True)
    given = {"SLIPWAY_UNLOCK_KEY": values["added key"].decode()}
    document = watch("credential-process", *here, variables=given, hands_out=True).stdout
    assert json.loads(document)["SecretAccessKey"].encode() == values["secret"]
    got = watch("exec", *here, "--", "env", variables=given, hands_out=True).stdout
    assert values["secret"] in got
    watch("exec", *here, "--", "true", variables=given, status=SUCCESS)
    watch("deployments", *here, status=SUCCESS)
    watch("keys", "test", *here)
    # The keys are opened before the address turns out to be none.
    nowhere = {"AWS_ENDPOINT_URL": "nonsense"}
    for command in ("watch", "stop", "rollback", "redeploy"):
        words = [command, "d-1", "--region", "us-east-1", *here]
        watch(*words, *(["--yes"] if command == "stop" else []), variables=nowhere)
    watch("watch", "d-1", "d-2", "--region", "us-east-1", *here, variables=nowhere)
    for command in ("package", "deploy"):
        watch(command, *here)
    watch("demo", status=SUCCESS)
    watch("sandbox", "--state", "local-aws", "--", "true", status=SUCCESS)
    watch("help")
    watch("--version")


def walk_badly(watch, values, here, inputs):
    """The ways in which commands fail while a secret is near."""
    secret, text = values["secret"], values["secret"].decode()
    keys_set = ["keys", "set", ACCESS_KEY_ID]
    for words in (
        [*keys_set, "--project", "acme/nobody"],
        [*keys_set, "--project", "no project"],
        [*keys_set, "--project"],
        [*keys_set],
        [*keys_set, *here, "--if-version", "0"],
        [*keys_set, *here, "--session-token"],
        [*keys_set, *here, "--database", "/nowhere/slipway.db"],
        ["keys", "set", "not-an-id", *here],
        ["keys", "set", *here],
        ["keys", "remove", *here],
        ["store", "unlockers", "add", "key"],
        ["import", "-", "--yes"],
        ["restore", "/nowhere/backup.db"],
        ["project", "remove", PROJECT],
    ):
        result = watch(*words, stdin=secret)
        assert result.returncode != SUCCESS, words

    for words in (
        [*keys_set, text, *here],
        ["keys", "set", text, *here],
        ["keys", "set", "--secret", text, *here],
        ["keys", "set", f"--secret={text}", *here],
        ["keys", "set", f"--secret-access-key={text}", ACCESS_KEY_ID, *here],
        [*keys_set, *here, "--if-version", text],
        [*keys_set, *here, "--passphrase-fd", text],
        ["keys", text],
        ["keys", "show", text],
        ["keys", "remove", text],
        [text],
        ["audit", text],
        ["audit", "--limit", text],
        ["env", *here, "--format", text],
        ["env", *here, text],
        ["exec", *here, text],
        ["export", "--format", text],
        ["credential-process", *here, text],
        ["store", "rotate", text],
        ["store", "unlockers", "add", text],
        ["store", "unlockers", "add", "key", values["added key"].decode()],
        ["store", "unlockers", "add", "passphrase", values["passphrase"].decode()],
        ["doctor", text],
    ):
        assert watch(*words).returncode != SUCCESS, words

    elsewhere = {"XDG_CONFIG_HOME": str(watch.home.temporary)}
    for name in ("wrong key", "malformed key"):
        key = values[name].decode()
        (inputs / "wrong.key").write_text(key)
        (inputs / "wrong.key").chmod(0o600)
        for source in (
            {"SLIPWAY_UNLOCK_KEY": key},
            {"SLIPWAY_UNLOCK_KEY_FILE": str(inputs / "wrong.key")},
        ):
            for words in (["env", *here], ["doctor"], ["audit", "verify"]):
                watch(*words, variables={**elsewhere, **source}, status=STORE)
    with descriptor_of(values["wrong passphrase"]) as descriptor:
        words = ["env", *here, "--passphrase-fd", str(descriptor)]
        watch(*words, variables=elsewhere, pass_fds=[descriptor], status=STORE)
    watch("store", "unlockers", "add", "key", stdin=values["malformed key"])
    watch("store", "unlockers", "add", "passphrase", stdin=values["passphrase"][:11])
    watch("store", "unlockers", "add", "key", stdin=values["added key"])

    for number, document in enumerate(DOCUMENTS):
        for file in (inputs / f"{number}.yml", inputs / f"{number}.json"):
            file.write_bytes(document % secret)
            watch("import", file, "--yes")
            watch("import", file, "--dry-run", "--json")
    for service, documents in FOREIGN_FILES.items():
        for number, document in enumerate(documents):
            file = inputs / f"{service}-{number}.yml"
            file.write_bytes(document.replace(b"%s", secret))
            watch("import", "--from", service, file)
            watch("import", "--from", service, file, "--json")
    for number, document in enumerate(CIRCLE_FILES):
        repository = inputs / f"repository-{number}"
        repository.mkdir()
        (repository / "circle.yml").write_bytes(document % secret)
        (repository / "appspec.yml").write_bytes(b"version: 0.0\nos: linux\nsecret: %s\n" % secret)
        build = ["--branch", "master", "--commit", "0" * 40, "--build-num", "1"]
        for words in (["plan", *here, *build], ["check"], ["iam-policy", *here]):
            watch(*words, cwd=repository)
            watch(*words, "--json", cwd=repository)
        watch("check", "--appspec", "appspec.yml", cwd=repository)
    damage(watch.home, here, watch)


# What somebody may try to import: settings with keys in them, as CircleCI's had.
DOCUMENTS = [
    b"projects: {acme/shop: {aws: {keypair: {access_key_id: AKIA, secret_access_key: '%s'}}}}\n",
    b"projects:\n  acme/shop:\n    aws:\n      services: {}\n      secret_access_key: %s\n",
    b"projects: {acme/shop: {aws: {services: {codedeploy: {my-app: {secret: '%s'}}}}}}\n",
    b"projects: {acme/shop: {aws: {services: {codedeploy: {my-app: '%s'}}}}}\n",
    b"projects: {acme/shop: {aws: '%s'}}\n",
    b"projects: '%s'\n",
    b"'%s'\n",
    b"projects: {acme/shop: {aws: {a: &%s 1, b: *nothing}}}\n",
    b"projects: {acme/shop: {aws: {a: *%s}}}\n",
    b"projects: {acme/shop: !%s {}}\n",
    b"projects: [%s\n",
    b"\t%s\n",
    b'{"projects": {"acme/shop": {"aws": {"secret_access_key": "%s"}}}}\n',
    b'{"projects": "%s"\n',
    b"AWS_SECRET_ACCESS_KEY=%s\n",
]


# Files of other services have keys in the clear more often than not.
FOREIGN_FILES = {
    "travis": [
        b"deploy:\n  provider: codedeploy\n  access_key_id: AKIA\n  secret_access_key: %s\n"
        b"  bucket: acme-revisions\n  key: k\n  application: shop\n  deployment_group: g\n",
        b"env: {global: ['AWS_SECRET_ACCESS_KEY=%s', {secure: '%s'}]}\n"
        b"deploy: {provider: codedeploy, application: '%s', deployment_group: '%s'}\n",
        b"deploy: {provider: codedeploy, application: shop, deployment_group: g, bucket: '%s',\n"
        b" key: '$%s', region: '%s', local_dir: '%s', on: {branch: '%s', repo: '%s'}, '%s': x}\n",
        b"deploy: {provider: '%s', secret_access_key: {secure: '%s'}}\n",
        b"deploy: [%s\n",
    ],
    "codeship": [
        b"- {command: codedeploy_deploy . shop g acme-revisions, environment: ['%s']}\n",
        b"- {name: x, tag: '%s', command: AWS_SECRET_ACCESS_KEY=%s codedeploy_deploy . shop g %s}\n",
        b"- {command: codedeploy_deploy %s %s}\n",
    ],
    "bitbucket": [
        b"pipelines: {default: [{step: {script: [{pipe: atlassian/aws-code-deploy:1, variables: {"
        b"COMMAND: deploy, APPLICATION_NAME: shop, DEPLOYMENT_GROUP: g, S3_BUCKET: '%s', "
        b"AWS_SECRET_ACCESS_KEY: '%s', VERSION_LABEL: '${%s}', EXTRA_ARGS: '--%s'}}]}}]}\n",
        b"pipelines: {default: [{step: {script: [{pipe: atlassian/aws-code-deploy:1, "
        b"variables: '%s'}]}}]}\n",
        b"pipelines: '%s'\n",
    ],
}


# A circle.yml may have secrets in places that are none of slipway's business.
CIRCLE_FILES = [
    b"machine: {environment: {AWS_SECRET_ACCESS_KEY: '%s'}}\ndeployment: {}\n",
    b"machine: {environment: {SECRET: %s}}\ndeployment: {all: {branch: master, commands: [a]}}\n",
    b'deployment: {all: {branch: master, commands: ["SECRET=%s ./deploy"]}}\n',
    b"deployment: {all: {branch: master, codedeploy: {my-app: {secret_access_key: '%s'}}}}\n",
    b"machine: {environment: {SECRET: %s\n",
]


def damage(home, here, watch):
    """Commands meet a store whose sealed secret was changed."""
    home.settle()
    damaged = home.work / "damaged.db"
    shutil.copy(home.database, damaged)
    shutil.move(home.database, home.work / "whole.db")
    shutil.copy(damaged, home.database)
    with home.connect() as database:
        database.execute(
            "UPDATE aws_keys SET secret_access_key = zeroblob(length(secret_access_key))"
        )
    for words in (
        ["env", *here],
        ["exec", *here, "--", "true"],
        ["credential-process", *here],
        ["backup", "damaged-backup.db"],
        ["restore", "/nowhere/backup.db", "--yes"],
    ):
        watch(*words, status=STORE)
    for words in (["store", "rotate"], ["doctor", *here], ["audit", "verify"], ["keys", "show"]):
        watch(*words)
    home.settle()
    shutil.move(home.work / "whole.db", home.database)


def walk_away(watch, here):
    unlockers = json.loads(watch("store", "unlockers", "list", "--json").stdout)
    for unlocker in unlockers[1:]:
        watch("store", "unlockers", "remove", unlocker["id"], "--yes", status=SUCCESS)
    watch("keys", "remove", *here, "--yes", "--json", status=SUCCESS)
    watch("project", "remove", PROJECT, "--yes", "--json", status=SUCCESS)
    watch("audit", "list", "--all", "--json", status=SUCCESS)


# Words that may be a secret in the wrong place


HERE = ["--project", PROJECT]

MISPLACED = {
    "the value of a flag": ["keys", "set", ACCESS_KEY_ID, *HERE, "--session-token=CANARY"],
    "a region": ["settings", "set", "my-app", *HERE, "--region", "CANARY"],
    "a root": ["settings", "set", "my-app", *HERE, "--application-root", "CANARY"],
    "a field": ["settings", "get", "my-app", "CANARY", *HERE],
    "a field to unset": ["settings", "unset", "my-app", "CANARY", *HERE],
    "a version": ["settings", "revert", "my-app", "CANARY", *HERE],
    "a project to show": ["project", "show", "CANARY"],
    "a project to add": ["project", "add", "CANARY"],
    "a project option": ["env", "--project", "CANARY"],
    "an unlocker to remove": ["store", "unlockers", "remove", "CANARY", "--yes"],
    "a variable before a command": ["exec", *HERE, "--", "AWS_SECRET_ACCESS_KEY=CANARY", "true"],
}


@pytest.mark.parametrize("words", MISPLACED.values(), ids=MISPLACED.keys())
def test_a_word_that_may_be_a_secret_in_the_wrong_place_is_not_repeated(store, words):
    canary = unique(40)
    watch = Watch(store, Search(canary=canary))
    assert watch(*(word.replace("CANARY", canary.decode()) for word in words)).returncode
    watch("audit", "--all")
    watch.look_into_files("afterwards")
    assert watch.found == [], "\n".join(watch.found)


MISWRITTEN = {
    "a key": b"%s: 1\n",
    "a project": b"projects: {%s: {aws: {}}}\n",
    "a key of a project": b"projects: {acme/shop: {%s: 1}}\n",
    "a region": b"projects: {acme/shop: {aws: {services: {codedeploy: {a: {region: %s}}}}}}\n",
}


@pytest.mark.parametrize("document", MISWRITTEN.values(), ids=MISWRITTEN.keys())
def test_what_may_be_a_secret_in_the_wrong_place_of_a_document_is_not_repeated(store, document):
    canary = unique(40)
    watch = Watch(store, Search(canary=canary))
    assert watch("import", "-", "--yes", stdin=document % canary).returncode
    assert watch.found == [], "\n".join(watch.found)


def test_an_unlock_key_given_as_the_name_of_a_key_file_is_not_repeated(store):
    key = base64.b64encode(os.urandom(32))
    watch = Watch(store, Search(key=key))
    variables = {"SLIPWAY_UNLOCK_KEY_FILE": key.decode()}
    for words in (["env", "--project", PROJECT], ["doctor"]):
        watch(*words, variables=variables, status=STORE)
    assert watch.found == [], "\n".join(watch.found)


# At a terminal


def at_a_terminal(home, words, answers, variables=None):
    """All that a terminal shows while each answer is typed behind its prompt; and the status."""
    leader, follower = pty.openpty()
    shown = b""

    def read():
        nonlocal shown
        assert select.select([leader], [], [], PATIENCE)[0], f"silence behind {shown}"
        try:
            more = os.read(leader, 4096)
        except OSError:  # What Linux says when nobody has the terminal open any more.
            more = b""
        shown += more
        return more

    def take_the_terminal():
        fcntl.ioctl(follower, termios.TIOCSCTTY, 0)

    streams = dict.fromkeys(("stdin", "stdout", "stderr"), follower)
    with home.running(
        *words, variables=variables, preexec_fn=take_the_terminal, **streams
    ) as process:
        os.close(follower)
        seen = 0
        for prompt, answer in answers:
            while prompt not in shown[seen:]:
                assert read(), f"ended without asking for {prompt}: {shown}"
            seen = len(shown)
            os.write(leader, answer + b"\n")
        while read():
            pass
        os.close(leader)
        return shown, process.wait(PATIENCE)


def test_a_terminal_does_not_show_what_is_typed(store):
    secret, token, passphrase = unique(40), unique(50), unique(20)
    watch = Watch(store, Search(secret=secret, token=token, passphrase=passphrase))
    keys_set = ["keys", "set", ACCESS_KEY_ID, "--project", PROJECT, "--session-token"]
    typed = [(b"Secret access key: ", secret), (b"Session token: ", token)]
    shown, status = at_a_terminal(store, keys_set, typed)
    assert (watch.search(shown), status) == (set(), SUCCESS)

    add = ["store", "unlockers", "add", "passphrase"]
    twice = [(b"New passphrase: ", passphrase), (b"The same again: ", passphrase)]
    shown, status = at_a_terminal(store, add, twice)
    assert (watch.search(shown), status) == (set(), SUCCESS)

    elsewhere = {"XDG_CONFIG_HOME": str(store.temporary)}
    show_token = ["exec", "--project", PROJECT, "--", "sh", "-c", "echo ${#AWS_SESSION_TOKEN}"]
    once = [(b"assphrase", passphrase)]
    shown, status = at_a_terminal(store, show_token, once, variables=elsewhere)
    assert (watch.search(shown), status) == (set(), SUCCESS)
    assert shown.endswith(b"\r\n50\r\n")
    watch.look_into_files("after typing")
    assert watch.found == [], "\n".join(watch.found)


# The process


@contextlib.contextmanager
def holding_a_secret(home, secret, **options):
    """`keys set`, which has read a secret from standard input and waits for more."""
    words = ["keys", "set", ACCESS_KEY_ID, "--project", PROJECT]
    with home.running(*words, **options) as process:
        process.stdin.write(secret)
        process.stdin.flush()
        wait_until(lambda: not unread(process.stdin), "slipway reads its standard input")
        yield process


def unread(pipe):
    """How many bytes of a pipe nobody has read yet."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def may_leave_cores():
    """Lifts the limit that would hide a core dump."""
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def test_the_command_line_of_a_waiting_command_has_no_secret(store):
    secret = unique(40)
    search = Search(secret=secret)
    with holding_a_secret(store, secret) as process:
        of_slipway = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    words = ["exec", "--project", PROJECT, "--", "sh", "-c", "echo ready; read line"]
    store.set_keys(secret)
    with store.running(*words) as process:
        assert process.stdout.readline() == b"ready\n"
        of_the_command = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    assert ACCESS_KEY_ID.encode() in of_slipway and b"echo ready" in of_the_command
    assert search(of_slipway + of_the_command) == set()


@pytest.mark.parametrize("name", ["SEGV", "ABRT", "BUS", "ILL", "QUIT", "TERM", "INT", "KILL"])
def test_a_killed_command_leaves_no_core_and_prints_nothing_of_its_memory(store, name):
    secret = unique(40)
    watch = Watch(store, Search(secret=secret))
    number = signal.Signals[f"SIG{name}"]
    with holding_a_secret(store, secret, preexec_fn=may_leave_cores) as process:
        ending = os.pidfd_open(process.pid)
        process.send_signal(number)
        assert select.select([ending], [], [], 10)[0], "the signal does not end it"
        os.close(ending)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        printed = process.stdout.read() + process.stderr.read()
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == number
    assert not os.WCOREDUMP(status)
    assert watch.search(printed) == set()
    assert len(printed) < 200, "more than the one line that says what happened"
    watch.look_into_files("after the crash")
    assert watch.found == [], "\n".join(watch.found)
    assert files_below(store.work) == []


@contextlib.contextmanager
def ordinary_home(binary):
    """A home of a user without privileges, and what starts a program as that user."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # A program that its user cannot read is never dumpable: this copy can be read.
        copy = folder / "slipway"
        shutil.copy(binary, copy)
        copy.chmod(0o755)
        home = Home(copy, folder)
        user = {}
        if os.geteuid() == 0:
            nobody = 65534
            user = {"user": nobody, "group": nobody, "extra_groups": []}
            for path in (folder, *folder.iterdir()):
                os.chown(path, nobody, nobody)
        yield home, user


def readable(pid, name, user):
    """Whether a process of the same user can read a file of another's in /proc."""
    command = ["head", "-c", "1", f"/proc/{pid}/{name}"]
    return subprocess.run(command, capture_output=True, **user).stdout != b""


def test_another_process_of_the_same_user_cannot_read_memory_or_environment(binary):
    canary = {"SLIPWAY_UNLOCK_KEY": base64.b64encode(os.urandom(32)).decode()}
    with ordinary_home(binary) as (home, user):
        home("project", "add", PROJECT, **user)
        with holding_a_secret(home, unique(40), variables=canary, **user) as process:
            files = ("environ", "maps", "auxv")
            assert {name: readable(process.pid, name, user) for name in files} == {
                "environ": False, "maps": False, "auxv": False
            }  # fmt: skip
            if user:
                # The kernel gives to root what is of a process that is not dumpable.
                assert os.stat(f"/proc/{process.pid}/environ").st_uid == 0
            limits = Path(f"/proc/{process.pid}/limits").read_text()
            assert re.search(r"^Max core file size +0 ", limits, re.MULTILINE)


def test_the_check_of_proc_tells_a_process_that_can_be_read(binary):
    with ordinary_home(binary) as (home, user):
        with subprocess.Popen(
            ["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=home.environment, **user
        ) as process:
            process.stdin.write(b"ready\n")
            process.stdin.flush()
            process.stdout.readline()
            assert all(readable(process.pid, name, user) for name in ("environ", "maps", "auxv"))
            process.kill()


def test_git_is_not_told_what_opens_the_store(store, inputs):
    """git, which is asked for the remote, can be read by every process of the user."""
    git = inputs / "git"
    git.write_text(f"#!/bin/sh\nenv > '{inputs}/environment'\necho \"$@\" > '{inputs}/words'\n")
    git.chmod(0o755)
    key = store.key_file.read_text().strip()
    path = f"{inputs}:{store.environment['PATH']}"
    store.run("env", variables={"PATH": path, "SLIPWAY_UNLOCK_KEY": key})
    assert (inputs / "words").read_text().startswith("config ")
    assert "SLIPWAY_UNLOCK_KEY" not in (inputs / "environment").read_text()
