"""The admin UI in the real program on a pseudo-terminal, with pyte as the judge."""

import contextlib
import json
import os
import random
import re
import signal
import sqlite3
import subprocess

import pytest
import terminal
from conftest import ACCESS_KEY_ID, PASSPHRASE, PROJECT, SECRET, STORE
from terminal import (
    BACKSPACE,
    DOWN,
    ENTER,
    ESCAPE,
    F1,
    TAB,
    UP,
    Session,
    as_job,
    control,
)
from test_canary import Search

TERMINALS = ["xterm-256color", "screen", "linux", "vt100"]
LOCALES = ["C.UTF-8", "C"]
COLOURS = ["colour", "NO_COLOR"]
SURROUNDINGS = [
    pytest.param(term, locale, colour, id=f"{term}-{locale}-{colour}")
    for term in TERMINALS
    for locale in LOCALES
    for colour in COLOURS
]
SECOND_SCREEN = {"xterm-256color", "screen"}


class Screens:
    """Opens the admin UI of a home."""

    def __init__(self, home):
        self.home = home
        self.sessions = contextlib.ExitStack()

    def __call__(self, *words, term="xterm-256color", variables=None, job=False, **options):
        environment = {**self.home.environment, "TERM": term, "TZ": "UTC", **(variables or {})}
        command = [str(self.home.binary), *words]
        session = Session(
            as_job(*command) if job else command, environment, self.home.work, **options
        )
        return self.sessions.enter_context(session)


@pytest.fixture
def screens(slipway):
    """The UI in an empty home."""
    opened = Screens(slipway)
    with opened.sessions:
        yield opened


@pytest.fixture
def stored(store):
    """The UI in a home with a project and its keys."""
    opened = Screens(store)
    with opened.sessions:
        yield opened


@pytest.fixture
def ready(stored):
    """And with an application that has two versions."""
    for region in ("us-east-1", "eu-west-1"):
        stored.home(
            "settings", "set", "my-app", "--project", PROJECT, "--region", region,
            "--bucket", "acme-revisions", "--key-pattern", "apps/my-app-{SHORT_COMMIT}",
            "--application-root", "/",
        )  # fmt: skip
    return stored


def surroundings(term, locale, colour):
    variables = {"LANG": locale}
    if colour == "NO_COLOR":
        variables["NO_COLOR"] = "1"
    return {"term": term, "variables": variables}


def arrows(text, locale):
    """A sign as the locale can show it."""
    return text if "UTF-8" in locale else text.replace("▸", ">").replace("✓", "+")


def open_application(session):
    session.until("acme/shop")
    session.send(ENTER)
    session.until("AWS CodeDeploy")
    session.until("my-app")
    session.send(DOWN, DOWN, ENTER)
    session.until("KEY PATTERN")
    session.send(ENTER)
    session.until("Application root")


# The journey of an admin, over terminals, locales and colours.


@pytest.mark.parametrize("term, locale, colour", SURROUNDINGS)
def test_first_project_and_keys(screens, term, locale, colour):
    session = screens(**surroundings(term, locale, colour))
    session.until("Welcome to slipway")
    session.send("a")
    session.until("owner/name")
    session.send("acme/shop", ENTER)
    session.until("Added acme/shop")
    session.until("1 project")
    session.send(ENTER)
    session.until("Permissions")
    session.send(ENTER)
    session.until("No keys are stored")
    session.send(ENTER, ACCESS_KEY_ID, TAB)
    session.send(SECRET.decode())
    session.until(lambda: re.search(r"[•*]{40}", session.text), "forty dots")
    session.send(control("s"))
    session.until(f"Saved {ACCESS_KEY_ID}, version 1")
    session.send("q")
    session.until("saved 20")
    session.send("q", "q")
    assert session.until_end() == 0
    session.assert_as_before(term in SECOND_SCREEN)
    assert SECRET not in session.written
    assert SECRET[:8] not in session.written
    if locale == "C":
        assert all(byte < 0x80 for byte in session.written)
    if colour == "NO_COLOR" or term == "vt100":
        assert not re.search(rb"\x1b\[[0-9;]*(3[0-7]|38;5;\d+|4[0-7])[;m]", session.written)
    shown = screens.home("keys", "show", "--project", "acme/shop").stdout.decode()
    assert ACCESS_KEY_ID in shown and "version        1" in shown
    assert SECRET in screens.home("env", "--project", "acme/shop", "--format", "json").stdout


@pytest.mark.parametrize("term, locale, colour", SURROUNDINGS)
def test_two_applications_and_a_fixed_key(stored, term, locale, colour):
    session = stored(**surroundings(term, locale, colour))
    session.until("acme/shop")
    session.send(ENTER)
    session.until("no application yet")
    session.send(DOWN, DOWN, ENTER)
    session.until("No application has defaults yet")
    session.send("a", "my-app", ENTER)
    session.until("apps/my-app-0a1b2c3-128")
    session.send(DOWN, ENTER, "eu-west-1", TAB)
    session.send("acme-revisions", TAB, control("u"), "apps/my-app")
    session.until("gives every build of a branch the same key")
    session.send("-{BUILD_NUM}")
    session.until("apps/my-app-128")
    session.until(lambda: "same key" not in session.flat, "no warning")
    session.send(ENTER, "s")
    session.until("Saved my-app, version 1")
    session.send("q")
    session.until(lambda: "APPLICATION" in session.text and "eu-west-1" in session.text, "the row")
    session.send("a", "worker", ENTER)
    session.until("apps/worker-0a1b2c3-128")
    session.until("acme-revisions")
    session.send("s")
    session.until("Saved worker, version 1")
    session.send("Q")
    assert session.until_end() == 0
    session.assert_as_before(term in SECOND_SCREEN)
    settings = stored.home("settings", "list", "--project", PROJECT).stdout.decode()
    assert "apps/my-app-{BUILD_NUM}" in settings
    assert "apps/worker-{SHORT_COMMIT}-{BUILD_NUM}" in settings


@pytest.mark.parametrize("term, locale, colour", SURROUNDINGS)
def test_a_lost_race_is_resolved_and_reverted(ready, term, locale, colour):
    session = ready(**surroundings(term, locale, colour))
    open_application(session)
    session.send(DOWN, ENTER, control("u"), "ap-south-1", ENTER)
    session.until("unsaved")
    ready.home(
        "settings", "set", "my-app", "--project", PROJECT, "--region", "sa-east-1",
        "--application-root", "/app",
    )  # fmt: skip
    session.send("s")
    session.until("saved version 3")
    session.until("sa-east-1")
    session.until("ap-south-1")
    session.send("s")
    session.until("choose first: Region")
    # The first field to choose for has the focus.
    session.send("m", "s")
    session.until("Saved my-app, version 4")
    merged = ready.home("settings", "list", "--project", PROJECT).stdout.decode()
    assert "ap-south-1" in merged and "/app" in merged
    session.send("H")
    session.until("Version 4")
    session.send("G", "r")
    session.until("This makes version 1 the newest again")
    session.send("y")
    session.until("now version 5")
    session.send("Q")
    assert session.until_end() == 0
    session.assert_as_before(term in SECOND_SCREEN)
    region = ready.home("settings", "get", "my-app", "region", "--project", PROJECT).stdout
    assert region == b"us-east-1\n"


# The linear mode: on terminals that cannot move their cursor, and for screen readers.


@pytest.mark.parametrize(
    "term, accessible", [("dumb", False), ("xterm-256color", True), ("unknown-thing", False)]
)
@pytest.mark.parametrize("locale", LOCALES)
def test_a_conversation_in_lines(stored, term, accessible, locale):
    variables = {"LANG": locale}
    if accessible:
        variables["SLIPWAY_ACCESSIBLE"] = "1"
    session = stored(term=term, variables=variables, lines=60)
    session.until("1. acme/shop, 0 applications")
    session.send("1\n")
    session.until("3. AWS CodeDeploy")
    session.send("3\n", "a\n", "1\n", "my-app\n")
    session.until("1. Application root: /")
    session.send("2\n", "eu-west-1\n", "3\n", "acme-revisions\n")
    session.until("3. Bucket: acme-revisions")
    session.send("s\n")
    session.until("Done: Saved my-app, version 1")
    session.send("Q\n")
    assert session.until_end() == 0
    assert b"\x1b" not in session.written
    session.assert_as_before(has_second_screen=False)
    region = stored.home("settings", "get", "my-app", "region", "--project", PROJECT).stdout
    assert region == b"eu-west-1\n"


def test_keys_in_lines_are_not_echoed(stored):
    session = stored(variables={"SLIPWAY_ACCESSIBLE": "1"}, lines=60)
    session.until("1. acme/shop")
    session.send("1\n")
    session.until("1. AWS keys")
    session.send("1\n")
    session.until("2. Secret access key")
    session.send("2\n")
    session.until("Secret access key: ")
    # The prompt is there before the echo is off: only then may the secret be typed.
    while b"-echo " not in subprocess.run(
        ["stty", "-a"], stdin=session.slave, capture_output=True
    ).stdout:
        pass
    session.send(SECRET[::-1].decode() + "\n")
    session.until("typed, not shown")
    session.send("s\n")
    session.until("version 2")
    session.send("Q\n")
    assert session.until_end() == 0
    assert SECRET[::-1] not in session.written


# Whatever ends or stops the program puts the terminal back.

STATES = {
    "form": lambda session: (
        session.send(ENTER),
        session.until("leave as it was"),
        session.send("x"),
        session.until_footer("^S save  F1 help"),
    ),
    "dialog": lambda session: (
        session.send(ENTER, "x", ENTER, "q"),
        session.until_footer("Enter press it  F1 help"),
    ),
    "palette": lambda session: (session.send(":"), session.until_footer("do it  Esc close")),
}
DEADLY = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGSEGV", "SIGILL", "SIGABRT"]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", DEADLY)
def test_a_signal_puts_the_terminal_back(ready, name, state):
    session = ready()
    open_application(session)
    STATES[state](session)
    session.signal(getattr(signal, name))
    assert session.until_end() == -getattr(signal, name)
    session.assert_as_before()


@pytest.mark.parametrize("term", ["linux", "vt100"])
def test_a_signal_clears_where_there_is_one_screen(ready, term):
    session = ready(term=term)
    open_application(session)
    session.signal(signal.SIGTERM)
    assert session.until_end() == -signal.SIGTERM
    session.assert_as_before(has_second_screen=False)
    assert session.text.strip() == ""


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("way", ["key", "TSTP", "STOP"])
def test_the_program_stops_and_goes_on(ready, state, way):
    session = ready(job=True)
    open_application(session)
    STATES[state](session)
    picture = session.text
    if way == "key":
        session.send(control("z"))
    else:
        child = next(iter(children(session.process.pid)))
        os.kill(child, getattr(signal, "SIG" + way))
    session.until("stopped, modes")
    if way != "STOP":
        assert "modes same" in session.text
        assert session.lines[0] == session.before
        assert not session.emulator.cursor.hidden
    session.send("fg\n")
    session.until(lambda: session.text == picture, f"the screen as it was:\n{picture}\nnow")
    if state == "palette":
        session.send(ESCAPE)
    elif state == "form":
        session.send(ESCAPE)
        session.until(lambda: "unsaved" not in session.text, "the field as it was")
    else:
        session.send(TAB, TAB, ENTER)
        session.until("KEY PATTERN")
    session.send("Q")
    session.until("ended 0")
    session.until_end()
    session.assert_as_before()


def children(parent):
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True)
    return [int(word) for word in found.stdout.split()]


def test_a_terminal_that_goes_away_ends_the_program(ready):
    session = ready()
    open_application(session)
    os.close(session.master)
    os.close(session.slave)
    session.process.wait(timeout=terminal.PATIENCE)
    session.master, session.slave = os.open("/dev/null", os.O_RDWR), os.open("/dev/null", os.O_RDWR)
    assert session.process.returncode in (130, -signal.SIGHUP)


def test_ctrl_c_twice_leaves(ready):
    session = ready()
    session.until("acme/shop")
    session.send(control("c"))
    session.until("again to leave")
    session.send(control("c"))
    assert session.until_end() == 130
    session.assert_as_before()


# Keys.


def test_help_palette_and_escape_without_delay(ready):
    session = ready()
    session.until("acme/shop")
    session.send("?")
    session.until("Keys here")
    session.send(ESCAPE)
    session.until(lambda: "Keys here" not in session.text, "the help closed")
    session.send(":", "rename")
    session.until("give the project another name")
    session.send(ENTER)
    session.until("Rename acme/shop")
    session.send(F1)
    session.until("Keys here")
    session.send(F1, ESCAPE)
    session.until(lambda: "New name" not in session.text, "the dialog closed")
    session.send("Q")
    assert session.until_end() == 0


def test_a_paste_never_submits(stored):
    session = stored()
    session.until("acme/shop")
    session.send("a")
    session.until("owner/name")
    session.paste("acme/pasted\r\nq\n:x\r")
    session.until("line breaks and control characters")
    assert "acme/pastedq:x" in session.text
    session.send(BACKSPACE * 3, ENTER)
    session.until("Added acme/pasted")
    session.send("Q")
    assert session.until_end() == 0


def test_a_pasted_secret_is_trimmed(stored):
    session = stored()
    session.until("acme/shop")
    session.send(ENTER)
    session.until("Permissions")
    session.send(ENTER)
    session.until("Stored: ")
    session.send(DOWN)
    session.paste("  " + SECRET[::-1].decode() + "\n")
    session.until("white space around what was pasted was left out")
    session.send(control("s"))
    session.until("version 2")
    session.send("Q")
    assert session.until_end() == 0
    assert SECRET[::-1] not in session.written
    json = stored.home("env", "--project", PROJECT, "--format", "json").stdout
    assert SECRET[::-1] in json


def test_sequences_of_other_terminals_do_nothing(ready):
    session = ready()
    session.until("acme/shop")
    session.until_footer("rename  q quit  ? help")
    before = session.text
    session.send("\x1b[1;5C", "\x1b[200;3u", "\x1bO5q", "\x1b[<0;10;10M", "\x1b[?1;2c", "?")
    session.until("Keys here")
    session.send("?")
    session.until(lambda: session.text == before, "the screen as it was")


def test_undo_and_unsaved_changes(ready):
    session = ready()
    open_application(session)
    session.send(UP, ENTER, control("u"), "/app", ENTER)
    session.until("* unsaved")
    session.send("u")
    session.until(lambda: "unsaved" not in session.text, "nothing unsaved")
    session.send("U")
    session.until("* unsaved")
    session.send("q")
    session.until("Unsaved changes")
    session.send(TAB, ENTER)
    session.until("KEY PATTERN")
    root = ready.home("settings", "get", "my-app", "application_root", "--project", PROJECT)
    assert root.stdout == b"/app\n"


def test_no_canary_is_found_on_the_screen_or_in_files(stored):
    secret, token = (os.urandom(30).hex().encode() for _ in range(2))
    search = Search(secret=secret, token=token)
    session = stored()
    session.until("acme/shop")
    session.send(ENTER)
    session.until("Permissions")
    session.send(ENTER)
    session.until("Stored: ")
    session.send(DOWN, ENTER, secret.decode(), TAB)
    session.paste(token.decode())
    session.send(ENTER, "u", "U", "?")
    session.until("Keys here")
    session.send(ESCAPE, "q")
    session.until("Unsaved changes")
    session.send(TAB, ENTER)
    session.until("Permissions")
    session.send("G", ENTER)
    session.until("keys-set")
    session.send("Q")
    assert session.until_end() == 0
    assert search(bytes(session.written)) == set()
    for path in stored.home.folder.rglob("*"):
        assert not path.is_file() or search(path.read_bytes()) == set(), path
    json = stored.home("env", "--project", PROJECT, "--format", "json").stdout
    assert secret in json and token in json


# Sizes.


def test_any_size_at_any_moment(ready):
    session = ready()
    open_application(session)
    chosen = random.Random(7)
    for _ in range(200):
        session.resize(chosen.randint(1, 130), chosen.randint(1, 50))
        session._read(0)
    session.resize(1, 1)
    session.resize(80, 24)
    session.until(lambda: session.lines[0].startswith(" Projects › acme/shop"), "a whole frame")
    session.until("circle.yml")
    session.resize(40, 12)
    session.until(lambda: "Key      apps/my-app-0a1b2c3" in session.text, "the narrow form")
    session.resize(8, 2)
    session.until("window")
    session.resize(120, 40)
    session.until(lambda: session.lines[-1].startswith(" Enter edit"), "the footer")
    session.send("Q")
    assert session.until_end() == 0


def test_wide_and_combining_text_keeps_its_columns(ready):
    ready.home(
        "settings", "set", "my-app", "--project", PROJECT,
        "--application-root", "/日本語/e\u0301/👍/שלום",
        "--key-pattern", "日本/e\u0301-{SHORT_COMMIT}",
    )  # fmt: skip
    session = ready(columns=130, lines=30)
    open_application(session)
    session.until("日本/é-0a1b2c3")
    edges = {
        column
        for row in range(30)
        for column in range(70, 130)
        if session.emulator.buffer[row][column].data in "│┐┘"
        and session.emulator.buffer[row][column].data
    }
    # The box beside the form has one left and one right edge, in whatever row.
    assert len(edges) == 2, (edges, session.text)
    session.send("Q")
    assert session.until_end() == 0


def test_hostile_text_cannot_drive_the_terminal(ready):
    with ready.home.connect() as database:
        row = dict(
            zip(
                ("sequence", "at", "key_version"),
                database.execute(
                    "SELECT max(sequence) + 1, max(at), max(key_version) FROM audit"
                ).fetchone(),
            )
        )
        evil = "\x1b[2J\x1b]0;owned\x07\x1b[6n\x9b31m\u202eevil\r\n\x1bc\x1b[?1049l"
        database.execute(
            "INSERT INTO audit (sequence, at, actor, host, project, action, subject, old, new,"
            " key_version, tag) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, zeroblob(32))",
            (row["sequence"], row["at"], evil, evil, PROJECT, evil, evil, evil, evil,
             row["key_version"]),
        )  # fmt: skip
    session = ready()
    session.until("acme/shop")
    session.send("A")
    session.until(r"\e[2J\e]0;owned")
    assert session.emulator.title == ""
    assert session.emulator.answers == []
    assert session.emulator.main is not None
    assert b"\x1b[6n" not in session.written
    assert "\u202e" not in session.text
    session.send("Q")
    assert session.until_end() == 0


# The store.


def test_ten_thousand_projects_are_filtered(screens):
    projects = {f"acme/project-{number}": {} for number in range(10_000)}
    (screens.home.work / "many.json").write_text(json.dumps({"projects": projects}))
    screens.home("import", "many.json", "--yes", timeout=120)
    session = screens()
    session.until("10000 projects")
    session.send("/", "ject-99 ACME")
    session.until("111 of 10000")
    session.send(" 9999", ENTER, ENTER)
    session.until("acme/project-9999 ")
    session.until("Permissions")
    session.send("Q")
    assert session.until_end() == 0


def test_read_only(ready):
    session = ready("--read-only")
    session.until("read-only")
    session.send("a")
    session.until("started with --read-only")
    open_application(session)
    session.send(ENTER, "x")
    assert session.quiet_for(0.2) or "unsaved" not in session.text
    session.send("Q")
    assert session.until_end() == 0
    assert ready.home("audit", "--json").stdout.count(b"settings-set") == 2


def test_a_locked_store_does_not_stop_the_keys(ready):
    session = ready()
    open_application(session)
    session.send(UP, ENTER, control("u"), "/app", ENTER)
    with contextlib.closing(sqlite3.connect(ready.home.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        session.send("s")
        session.until("Saving")
        session.send("?")
        session.until("Keys here")
        session.send(ESCAPE)
        session.until("Saving")
        other.execute("ROLLBACK")
    session.until("Saved my-app, version 3")
    session.send("Q")
    assert session.until_end() == 0


def test_no_unlocker_is_said_with_the_mend(ready):
    ready.home.key_file.unlink()
    session = ready()
    open_application(session)
    session.send(UP, ENTER, control("u"), "/app", ENTER, "s")
    session.until("✗")
    session.until("fix:")
    session.until("* unsaved")
    session.send("q")
    session.until("Unsaved changes")


def test_a_passphrase_is_asked_for_on_the_screen(ready):
    ready.home.add_passphrase()
    ready.home.key_file.unlink()
    session = ready()
    open_application(session)
    session.send(UP, ENTER, control("u"), "/app", ENTER, "s")
    session.until("opens with a passphrase")
    session.send(ESCAPE)
    session.until("no passphrase was given")
    session.send("s")
    session.until("opens with a passphrase")
    session.send(PASSPHRASE.decode(), ENTER)
    session.until("Saved my-app, version 3")
    assert PASSPHRASE not in session.written
    session.send("Q")
    assert session.until_end() == 0


def test_a_file_that_is_no_store_is_told_and_left(screens):
    path = screens.home.work / "not-a-store"
    path.write_text("hello")
    path.chmod(0o600)
    screens.home.work.chmod(0o700)
    session = screens("--database", str(path))
    session.until("is not a slipway store")
    session.send("q")
    assert session.until_end() == STORE
    session.assert_as_before()
    assert "error: " in session.text
    assert path.read_text() == "hello"


def test_leaving_while_a_save_is_under_way_loses_nothing(ready):
    session = ready()
    open_application(session)
    session.send(UP, ENTER, control("u"), "/late", ENTER, "s", control("c"), control("c"))
    assert session.until_end() == 130
    root = ready.home("settings", "get", "my-app", "application_root", "--project", PROJECT)
    assert root.stdout == b"/late\n"


def test_nothing_is_written_while_nothing_changes(ready):
    session = ready()
    open_application(session)
    while not session.quiet_for(0.2):
        pass
    written = len(session.written)
    assert session.quiet_for(2)
    assert len(session.written) == written


def test_off_a_terminal_it_prints_the_help(slipway):
    assert b"USAGE" in slipway().stdout
