"""sh, bash, dash, Python and env(1) judge that `env` and `exec` hand over every byte as it is."""

import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys

import pytest
from conftest import (
    ACCESS_KEY_ID,
    CONFIGURATION,
    PASSPHRASE,
    PATIENCE,
    PROJECT,
    SECRET,
    STORE,
    TOKEN,
    USAGE,
    in_parallel,
)

SEED = 20261124
SHELLS = ["sh", "bash", "dash"]
SHELLS_AND_LOCALES = [*((shell, "C") for shell in SHELLS), ("bash", "C.UTF-8")]
LANES = os.cpu_count()

# Writes, as JSON, everything that a command gets: bytes as Latin-1.
SHOW = """
import json, os, resource, sys
text = lambda value: value.decode("latin-1")
json.dump({
    "pid": os.getpid(),
    "arguments": [text(os.fsencode(word)) for word in sys.argv[1:]],
    "variables": {text(name): text(value) for name, value in os.environb.items()},
    "core_limit": resource.getrlimit(resource.RLIMIT_CORE),
    "signals": [
        line.split() for line in open("/proc/self/status")
        if line.startswith(("SigBlk", "SigIgn"))],
    "descriptors": sorted(map(int, os.listdir("/proc/self/fd"))),
    "folder": os.getcwd(),
    "umask": os.umask(0),
}, sys.stdout)
"""


def show(home, *arguments, through_slipway=True, variables=None, **options):
    """What a command finds that slipway runs, or that this process runs."""
    command = [sys.executable, "-c", SHOW, *arguments]
    if through_slipway:
        words = ["exec", "--project", PROJECT, "--", *command]
        return json.loads(home(*words, variables=variables, **options).stdout)
    directly = subprocess.run(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**home.environment, **(variables or {})},
        cwd=home.work,
        timeout=PATIENCE,
        check=True,
        start_new_session=True,
        **options,
    )
    return json.loads(directly.stdout)


def latin(value):
    return value.decode("latin-1")


# Values that have broken quoting somewhere, and then random ones.
SPECIAL_VALUES = [
    bytes(range(1, 256)),
    bytes(reversed(range(1, 256))),
    b"'", b"''", b"'''", b"'\\''", b'"', b'"\'"', b"\\", b"\\\\", b"\\'", b"\\\n", b"'\\",
    b" leading", b"trailing ", b"  both  ", b"\ttab\t", b" ",
    b"line\nbreak", b"\nleading break", b"trailing break\n", b"breaks\n\n\n", b"\n", b"\r", b"\r\n",
    b"carriage\r", b"\n'\n", b"'\n", b"\n'",
    b"$(touch executed)", b"`touch executed`", b"${HOME}", b"$HOME", b"$'\\n'", b"$((1+1))",
    b"'$(touch executed)'", b"'; touch executed; '", b"\n; touch executed\n",
    b"'\ntouch executed\n'",
    b"!!", b"!$", b"* ?", b"[a-z]", b"~", b"~root", b"{a,b}", b"# comment", b"a # b", b"&", b"|",
    b";", b"<", b">", b"()", b"%s%n", b"-n", b"-e \\c", b"\\c", b"\\0101", b"\\x41",
    b"\x01", b"\x7f", b"\x01\x7f\x01", b"\x1b[31m", b"\x80", b"\xff", b"\xfe\xff", b"\xc3",
    b"\xc3'", b"\xe2\x82", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\x81'",
    b"\x95\\", b"\x83`", "é ü \u2028 \u202e \U0001f512".encode(),
    b"=", b"==", b"A=B", b"unset PATH", b"'" * 4096, b"\\" * 4096, b"\n" * 4096,
]  # fmt: skip


def random_values(count):
    """Values of which half are of all bytes and half mostly of what shells find special."""
    generator = random.Random(SEED)
    special = b"'\"\\$`()\n\r\t !#&;|<>*?[]{}~%=" * 8 + bytes(range(1, 256))
    for number in range(count):
        length = generator.randint(1, 60)
        if number % 2:
            yield bytes(generator.randint(1, 255) for _ in range(length))
        else:
            yield bytes(generator.choice(special) for _ in range(length))


VALUES = [*SPECIAL_VALUES, *random_values(150)]


def pairs():
    """Secrets and tokens that hold every value: a secret before a token cannot be of lines."""
    of_lines, others = [], []
    for value in VALUES:
        has_lines = b"\n" in value or value.endswith(b"\r")
        (of_lines if has_lines else others).append(value)
    alone = [(value, None) for value in SPECIAL_VALUES if value in of_lines]
    rest = others[len(of_lines) :]
    together = zip(others, of_lines + rest[len(rest) // 2 :], strict=False)
    return alone + list(together)


def variables_of(secret, token):
    expected = {
        b"AWS_ACCESS_KEY_ID": ACCESS_KEY_ID.encode(),
        b"AWS_SECRET_ACCESS_KEY": secret,
        b"AWS_SESSION_TOKEN": token,
    }
    return {name: value for name, value in expected.items() if value is not None}


def parsed(environment):
    """The variables that `env -0` printed."""
    pairs = (entry.split(b"=", 1) for entry in environment.split(b"\0") if entry)
    return dict(pairs)


def aws_variables(environment):
    return {name: value for name, value in environment.items() if name.startswith(b"AWS_")}


# Every byte


def test_every_value_arrives_through_eval_in_every_shell_and_through_exec(store):
    expected = {}

    def hand_over(lane):
        project = f"acme/lane-{lane}"
        store("project", "add", project)
        for number, (secret, token) in list(enumerate(pairs()))[lane::LANES]:
            store.set_keys(secret, token, project=project)
            executed = store("exec", "--project", project, "--", "env", "-0").stdout
            assert aws_variables(parsed(executed)) == variables_of(secret, token)
            file = store.work / f"{number}.env"
            file.write_bytes(store("env", "--project", project, "--format", "shell").stdout)
            expected[file.name] = variables_of(secret, token)

    in_parallel(hand_over, range(LANES))
    evaluate = 'for file; do ( eval "$(cat "$file")"; env -0 > "$file.out" ) || exit; done'
    for shell, locale in SHELLS_AND_LOCALES:
        environment = {**store.environment, "LC_ALL": locale, "AWS_PROFILE": "stale"}
        result = subprocess.run(
            [shell, "-c", evaluate, shell, *expected],
            env=environment,
            cwd=store.work,
            capture_output=True,
            timeout=PATIENCE,
        )
        assert (result.returncode, result.stdout, result.stderr) == (0, b"", b""), shell
        for name, variables in expected.items():
            arrived = parsed((store.work / f"{name}.out").read_bytes())
            assert aws_variables(arrived) == variables, (shell, locale)
    assert not (store.work / "executed").exists()


def test_all_three_shells_are_there_to_judge():
    assert [shell for shell in SHELLS if shutil.which(shell) is None] == []


def test_a_python_child_finds_every_byte_in_its_environment(store):
    generator = random.Random(SEED)
    for _ in range(10):
        secret = bytes(generator.sample(range(1, 256), 255))
        token = bytes(generator.sample(range(1, 256), 255))
        secret = secret.replace(b"\n", b"").replace(b"\r", b"")
        store.set_keys(secret, token)
        found = show(store)["variables"]
        assert found["AWS_SECRET_ACCESS_KEY"] == latin(secret)
        assert found["AWS_SESSION_TOKEN"] == latin(token)


def test_shell_text_sets_the_region_and_unsets_what_is_stale(store):
    store("settings", "set", "my-app", "--project", PROJECT, "--region", "eu-west-1")
    printed = store("env", "--project", PROJECT).stdout
    environment = {**store.environment, **dict.fromkeys(STALE, "stale")}
    result = subprocess.run(
        ["sh", "-euc", 'eval "$(cat)"; env -0'],
        input=printed,
        env=environment,
        capture_output=True,
        check=True,
    )
    assert aws_variables(parsed(result.stdout)) == {
        **variables_of(SECRET, TOKEN),
        b"AWS_REGION": b"eu-west-1",
        b"AWS_DEFAULT_REGION": b"eu-west-1",
    }


# dotenv and JSON


def dotenv(text):
    """Reads a .env file by the rules on which its readers agree: bare, or in single quotes."""
    found = {}
    for line in text.decode("ascii").splitlines():
        match = re.fullmatch(r"([A-Z_]+)=(?:([A-Za-z0-9/+=._:@%-]*)|'([ -&(-\[\]-~]*)')", line)
        assert match, f"readers of .env files do not agree on {line!r}"
        found[match[1]] = match[2] if match[2] is not None else match[3]
    return found


PRINTABLE_VALUES = [b"plain/+=value", b"two words # $HOME", b'"double"', b"`ls`", b"a=b", b"$(ls)"]


def test_dotenv_reads_back_by_the_common_rules_or_is_refused(store):
    written = 0
    for secret in [*PRINTABLE_VALUES, *VALUES[::9]]:
        store.set_keys(secret)
        result = store.run("env", "--project", PROJECT, "--format", "dotenv")
        is_writable = re.fullmatch(rb"[ -&(-\[\]-~]*", secret) is not None
        assert result.returncode == (0 if is_writable else CONFIGURATION), secret
        if not is_writable:
            assert result.stdout == b""
            assert b"use --format shell" in result.stderr
            continue
        written += 1
        wanted = {"AWS_ACCESS_KEY_ID": ACCESS_KEY_ID, "AWS_SECRET_ACCESS_KEY": latin(secret)}
        assert dotenv(result.stdout) == wanted
        (store.work / ".env").write_bytes(result.stdout)
        sourced = subprocess.run(
            ["sh", "-c", "set -a; . ./.env; exec env -0"], cwd=store.work, capture_output=True
        )
        assert parsed(sourced.stdout)[b"AWS_SECRET_ACCESS_KEY"] == secret
    assert written > 5


def test_json_reads_back_or_is_refused(store):
    written = 0
    for secret in VALUES[::8]:
        store.set_keys(secret)
        result = store.run("env", "--project", PROJECT, "--format", "json")
        try:
            wanted = {"AWS_ACCESS_KEY_ID": ACCESS_KEY_ID, "AWS_SECRET_ACCESS_KEY": secret.decode()}
        except UnicodeDecodeError:
            assert (result.returncode, result.stdout) == (CONFIGURATION, b""), secret
            continue
        written += 1
        assert result.returncode == 0
        assert json.loads(result.stdout) == wanted
    assert written > 5


def test_json_is_the_same_by_either_flag_and_has_the_region(store):
    store("settings", "set", "my-app", "--project", PROJECT, "--region", "eu-west-1")
    by_format = store("env", "--project", PROJECT, "--format", "json").stdout
    assert store("env", "--project", PROJECT, "--json").stdout == by_format
    assert json.loads(by_format) == {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET.decode(),
        "AWS_SESSION_TOKEN": TOKEN.decode(),
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }


# Standard input


@pytest.mark.parametrize(
    "typed, secret",
    [
        (b"value", b"value"),
        (b"value\n", b"value"),
        (b"value\r\n", b"value"),
        (b"value\n\n", b"value\n"),
        (b" value \n", b" value "),
        (b"value\r", b"value\r"),
    ],
)
def test_one_line_break_behind_the_secret_is_dropped_and_nothing_else(store, typed, secret):
    store("keys", "set", ACCESS_KEY_ID, "--project", PROJECT, stdin=typed)
    executed = store("exec", "--project", PROJECT, "--", "env", "-0").stdout
    assert parsed(executed)[b"AWS_SECRET_ACCESS_KEY"] == secret


UNBEARABLE = {
    "empty": b"",
    "a line break": b"\n",
    "NUL": b"NUL \0 within",
    "too long": b"x" * 4097,
    "far too long": b"x" * (70 << 10),
}


@pytest.mark.parametrize("typed", UNBEARABLE.values(), ids=UNBEARABLE.keys())
def test_a_secret_that_no_environment_can_carry_is_refused(store, typed):
    words = ["keys", "set", ACCESS_KEY_ID, "--project", PROJECT]
    assert store(*words, stdin=typed, status=CONFIGURATION).stderr.startswith(b"error: ")
    executed = store("exec", "--project", PROJECT, "--", "env", "-0").stdout
    assert aws_variables(parsed(executed)) == variables_of(SECRET, TOKEN)


# The command


def test_exit_statuses_0_to_255_pass_through(store):
    def status(number):
        words = ["exec", "--project", PROJECT, "--", "sh", "-c", f"exit {number}"]
        return store.run(*words).returncode

    assert in_parallel(status, range(256)) == list(range(256))


DEADLY = ["HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV"]
DEADLY += ["USR2", "PIPE", "ALRM", "TERM", "SYS"]


def test_a_signal_that_kills_the_command_kills_exec(store):
    def end(name):
        result = store.run("exec", "--project", PROJECT, "--", "sh", "-c", f"kill -{name} $$")
        return name, result.returncode, result.stderr

    expected = [(name, -signal.Signals[f"SIG{name}"], b"") for name in DEADLY]
    assert in_parallel(end, DEADLY) == expected


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_from_outside_reaches_the_command_itself(store, number):
    script = "echo ready; read line"
    with store.running("exec", "--project", PROJECT, "--", "sh", "-c", script) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        assert process.wait(5) == -number


def test_the_command_takes_the_place_of_slipway(store):
    words = ["exec", "--project", PROJECT, "--", sys.executable, "-c", SHOW]
    with store.running(*words) as process:
        shown = json.loads(process.communicate(timeout=PATIENCE)[0])
    assert shown["pid"] == process.pid


@pytest.mark.parametrize("kept", ["signals", "core_limit", "descriptors", "folder", "umask"])
def test_the_command_finds_it_as_slipway_did(store, kept):
    options = {"umask": 0o027}
    assert show(store, **options)[kept] == show(store, through_slipway=False, **options)[kept]


def test_the_command_finds_a_core_limit_that_was_lower(store):
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]

    def forbid_cores():
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))

    assert show(store, preexec_fn=forbid_cores)["core_limit"] == [0, hard]


def test_the_command_reads_standard_input_and_writes_both_outputs(store):
    content = bytes(range(256)) * 512
    words = ["exec", "--project", PROJECT, "--", "sh", "-c", "cat; echo news >&2"]
    result = store(*words, stdin=content)
    assert (result.stdout, result.stderr) == (content, b"news\n")


def test_arguments_of_every_byte_arrive_as_they_are(store):
    generator = random.Random(SEED)
    arguments = [b"", b" ", b"-h", b"--help", b"--version", b"--", b"--project", b"a/b", b"--json"]
    arguments += [bytes(range(1, 256)), bytes(reversed(range(1, 256))), b"\xff", b"\xc3\x28"]
    arguments += [b"$(touch executed)", b"`id`", b"'", b'"', b"\\", b"\n", b"*", b"\0".strip(b"\0")]
    arguments += [bytes(generator.choices(range(1, 256), k=99)) for _ in range(50)]
    arguments += [b"x" * 100_000]
    assert show(store, *arguments)["arguments"] == [latin(word) for word in arguments]


def test_other_variables_arrive_unchanged_even_where_they_are_not_utf_8(store):
    others = {
        b"LATIN_1": b"caf\xe9",
        b"NAME_\xff\xfe": b"\xff",
        b"EVERY_BYTE": bytes(range(1, 256)),
        b"EMPTY": b"",
        b"EQUALS": b"a=b=c",
        b"BREAKS": b"\n\n",
        b"lower case and spaces": b"x",
        b"AWS_ENDPOINT_URL": b"http://localhost:1",
        b"AWS_CA_BUNDLE": b"/ca.pem",
        b"AWSOME": b"not of AWS",
    }
    # A name in UTF-8 and the same in another normal form are two variables.
    others |= {"CAF\u00c9".encode(): b"composed", "CAFE\u0301".encode(): b"decomposed"}
    found = show(store, variables={os.fsdecode(n): os.fsdecode(v) for n, v in others.items()})
    for name, value in others.items():
        assert found["variables"].get(latin(name)) == latin(value), name


STALE = [
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN",
    "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE",
    "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CREDENTIAL_EXPIRATION",
]  # fmt: skip


@pytest.mark.parametrize(
    "value", ["stale", "", "=", "\udcff", "\u0301"], ids=["text", "none", "=", "raw", "combining"]
)
def test_stale_variables_of_another_identity_are_removed(store, value):
    store.set_keys(SECRET)
    found = show(store, variables=dict.fromkeys(STALE, value))["variables"]
    found = {name.encode(): value.encode() for name, value in found.items()}
    assert aws_variables(found) == variables_of(SECRET, None)


def test_the_region_of_the_settings_replaces_that_of_the_environment(store):
    store("settings", "set", "my-app", "--project", PROJECT, "--region", "eu-west-1")
    old = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-2"}
    found = show(store, variables=old)["variables"]
    assert (found["AWS_REGION"], found["AWS_DEFAULT_REGION"]) == ("eu-west-1", "eu-west-1")


def test_what_opens_the_store_is_not_in_the_command_s_environment(store):
    key = store.key_file.read_text().strip()
    found = show(store, variables={"SLIPWAY_UNLOCK_KEY": key, "OTHER": "stays"})["variables"]
    assert "SLIPWAY_UNLOCK_KEY" not in found
    assert key not in found.values()
    assert found["OTHER"] == "stays"


def test_the_command_cannot_read_the_passphrase_again(store):
    unlocker_id = store.add_passphrase(PASSPHRASE)
    store.key_file.unlink()
    (store.folder / "passphrase").write_bytes(PASSPHRASE)
    with open(store.folder / "passphrase", "rb") as file:
        read_again = f"import os; os.write(1, os.pread({file.fileno()}, 100, 0))"
        words = ["exec", "--project", PROJECT, "--unlocker", unlocker_id, "--passphrase-fd"]
        words += [str(file.fileno()), "--", sys.executable, "-c", read_again]
        result = store.run(*words, pass_fds=[file.fileno()])
    assert b"Bad file descriptor" in result.stderr
    assert PASSPHRASE not in result.stdout


# What cannot be run


def test_127_is_the_status_where_there_is_no_such_command(store):
    for command in ("no-such-command", "./no-such-file", "/no/such/folder/file", ""):
        result = store("exec", "--project", PROJECT, "--", command, status=127)
        assert b"cannot run" in result.stderr


def test_126_is_the_status_where_the_command_cannot_be_run(store):
    script = store.work / "script"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o600)
    for command in (script, store.work):
        result = store("exec", "--project", PROJECT, "--", command, status=126)
        assert b"cannot run" in result.stderr


def test_exec_without_a_command_is_a_wrong_usage(store):
    store("exec", "--project", PROJECT, status=USAGE)
    store("exec", "--project", PROJECT, "--", status=USAGE)


def test_a_command_is_not_run_when_the_keys_cannot_be_read(store):
    touch = ["--", "touch", "executed"]
    store("exec", "--project", "acme/other", *touch, status=CONFIGURATION)
    store.key_file.unlink()
    store("exec", "--project", PROJECT, *touch, status=STORE)
    assert not (store.work / "executed").exists()
