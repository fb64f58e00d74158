"""Python's sqlite3 and the file system judge the store's files: what they are, who can read them,
and what slipway says of files that somebody else changed."""

import contextlib
import json
import os
import random
import re
import shutil
import sqlite3
import stat
import subprocess

import pytest
from conftest import (
    DOCUMENTED_STATUSES,
    PROJECT,
    SECRET,
    STORE,
    SUCCESS,
    Home,
    in_parallel,
)
from decoder import Refused, Store, UnlockKey

SEED = 20261124


def query(home, sql, *values):
    with home.connect() as database:
        return database.execute(sql, values).fetchall()


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def files_of(database):
    """The database and what SQLite keeps beside it."""
    return [database, database.with_name("slipway.db-wal"), database.with_name("slipway.db-shm")]


def contents(home):
    """The bytes of the database and of its write-ahead log, which may be gone or empty."""
    database, log, _ = files_of(home.database)
    return database.read_bytes(), log.read_bytes() if log.exists() else b""


@pytest.fixture(scope="module")
def prepared_busy(binary, prepared, tmp_path_factory):
    home = Home(binary, tmp_path_factory.mktemp("busy"))
    home.copy(prepared)
    home("settings", "set", "my-app", "--project", PROJECT, "--region", "eu-west-1")
    home("settings", "set", "my-app", "--project", PROJECT, "--application-root", "/app")
    home("project", "add", "acme/other")
    home.set_keys(SECRET, project="acme/other")
    home("env", "--project", PROJECT)
    return home


@pytest.fixture
def busy_store(slipway, prepared_busy):
    """slipway in a home with a store in which every table has rows."""
    slipway.copy(prepared_busy)
    return slipway


# What kind of database it is


def test_the_journal_is_a_write_ahead_log(store):
    assert query(store, "PRAGMA journal_mode") == [("wal",)]


def test_every_table_of_slipway_is_strict(store):
    tables = query(store, "PRAGMA table_list")
    loose = {name for _, name, kind, _, _, strict in tables if kind == "table" and not strict}
    assert loose == {"grdb_migrations", "sqlite_schema", "sqlite_temp_schema", "sqlite_sequence"}
    assert len(tables) > len(loose)


def test_sqlite_finds_nothing_wrong_after_all_kinds_of_changes(busy_store):
    busy_store("project", "rename", "acme/other", "acme/renamed")
    busy_store("store", "rotate")
    busy_store("settings", "unset", "my-app", "--project", PROJECT)
    busy_store("keys", "remove", "--project", PROJECT, "--yes")
    busy_store("project", "remove", "acme/renamed", "--yes")
    assert query(busy_store, "PRAGMA integrity_check") == [("ok",)]
    assert query(busy_store, "PRAGMA foreign_key_check") == []
    assert query(busy_store, "SELECT count(*) FROM aws_keys") == [(0,)]


def test_a_row_of_a_project_that_is_not_there_is_refused(busy_store):
    with busy_store.connect() as database:
        database.execute("PRAGMA foreign_keys = ON")
        for sql in (
            "UPDATE aws_keys SET project_id = 99 WHERE project_id = 1",
            "UPDATE application SET project_id = 99",
            "UPDATE settings_version SET application_id = 99",
            "UPDATE unlocker SET generation = 99",
            "DELETE FROM store_key",
            "DELETE FROM audit_key",
        ):
            with pytest.raises(Exception, match="FOREIGN KEY constraint failed"):
                database.execute(sql)


def test_a_removed_secret_leaves_no_sealed_byte_in_the_files(busy_store):
    sealed = [
        blob
        for row in query(busy_store, "SELECT secret_access_key, session_token FROM aws_keys")
        for blob in row
        if blob is not None
    ]
    busy_store.settle()
    assert all(blob in busy_store.database.read_bytes() for blob in sealed)
    busy_store("keys", "remove", "--project", PROJECT, "--yes")
    busy_store("project", "remove", "acme/other", "--yes")
    busy_store.settle()
    left = busy_store.database.read_bytes()
    assert [blob for blob in sealed if blob[24:72] in left or blob[-40:] in left] == []


# The audit log


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit SET actor = 'somebody else' WHERE sequence = 2",
        "UPDATE audit SET tag = tag",
        "DELETE FROM audit WHERE sequence = 2",
        "DELETE FROM audit",
        "REPLACE INTO audit SELECT * FROM audit WHERE sequence = 2",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit",
    ],
)
def test_a_trigger_refuses_to_change_the_audit_log(store, sql):
    before = query(store, "SELECT * FROM audit")
    with pytest.raises(Exception, match="the audit log is only ever appended to"):
        query(store, sql)
    assert query(store, "SELECT * FROM audit") == before
    store("audit", "verify")


def forge(home, *statements):
    """Changes the audit log as somebody would who can write the file, without the triggers."""
    with home.connect() as database:
        for (name,) in database.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchall():
            database.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            database.execute(statement)


def found(home):
    """The row that `audit verify` complains of, in both of its forms, and that Python finds."""
    result = home("audit", "verify", status=STORE)
    assert b"crashed" not in result.stderr
    row = re.search(r"row (\d+) of the audit log (is missing|was changed)", result.stderr.decode())
    verdict = json.loads(home("audit", "verify", "--json", status=STORE).stdout)
    assert (verdict["intact"], verdict["problem"]["message"]) == (False, row[0])
    key = UnlockKey.from_text(home.key_file.read_text())
    with Store(home.database, key) as reader, pytest.raises(Refused):
        reader.verify_audit()
    return int(row[1]), row[2]


@pytest.mark.parametrize(
    "change",
    [
        "at = '2020-01-01T00:00:00.000Z'",
        "actor = 'somebody else'",
        "host = host || '.'",
        "project = NULL",
        "project = ''",
        "project = 'acme/other'",
        "action = 'keys-remove'",
        "subject = NULL",
        "subject = 'AKIAOTHERKEY00000000'",
        "old = '{}'",
        "new = NULL",
        "new = new || ' '",
        "tag = zeroblob(32)",
        "actor = actor || substr(host, 1, 1), host = substr(host, 2)",
    ],
)
def test_a_changed_row_is_found_by_its_number(busy_store, change):
    forge(busy_store, f"UPDATE audit SET {change} WHERE sequence = 3")
    assert found(busy_store) == (3, "was changed")


def test_a_missing_value_that_became_an_empty_one_is_found(busy_store):
    forge(busy_store, "UPDATE audit SET subject = '' WHERE sequence = 2 AND subject IS NULL")
    busy_store("audit", "verify", status=STORE)


def test_an_untouched_log_is_intact_without_its_triggers(busy_store):
    forge(busy_store)
    busy_store("audit", "verify")


@pytest.mark.parametrize("sequence", [1, 3, 8])
def test_a_deleted_row_is_found_by_its_number(busy_store, sequence):
    assert query(busy_store, "SELECT max(sequence) FROM audit") == [(8,)]
    forge(busy_store, f"DELETE FROM audit WHERE sequence = {sequence}")
    assert found(busy_store) == (sequence, "is missing")


def test_a_deleted_row_is_found_when_the_rows_behind_it_moved_up(busy_store):
    forge(
        busy_store,
        "DELETE FROM audit WHERE sequence = 3",
        "UPDATE audit SET sequence = sequence - 1 WHERE sequence > 3",
        "UPDATE audit_head SET sequence = sequence - 1",
    )
    assert found(busy_store)[0] == 3


def test_two_rows_that_changed_places_are_found(busy_store):
    forge(
        busy_store,
        "UPDATE audit SET sequence = 99 WHERE sequence = 4",
        "UPDATE audit SET sequence = 4 WHERE sequence = 5",
        "UPDATE audit SET sequence = 5 WHERE sequence = 99",
    )
    assert found(busy_store) == (4, "was changed")


def test_a_row_in_between_is_found(busy_store):
    forge(
        busy_store,
        "INSERT INTO audit SELECT 9, at, actor, host, project, action, subject, old, new,"
        " key_version, tag FROM audit WHERE sequence = 8",
    )
    assert found(busy_store)[0] == 9


def test_a_tail_that_was_cut_off_is_found(busy_store):
    forge(busy_store, "DELETE FROM audit WHERE sequence > 5")
    assert found(busy_store) == (6, "is missing")


def test_a_tail_that_was_cut_off_is_found_when_the_head_was_moved_back(busy_store):
    forge(
        busy_store,
        "DELETE FROM audit WHERE sequence > 5",
        "UPDATE audit_head SET sequence = 5, tag = (SELECT tag FROM audit WHERE sequence = 5)",
    )
    assert found(busy_store)[0] == 5


@pytest.mark.parametrize(
    "change", ["sequence = 7", "tag = zeroblob(32)", "head_tag = zeroblob(32)"]
)
def test_a_changed_head_is_found(busy_store, change):
    forge(busy_store, f"UPDATE audit_head SET {change}")
    found(busy_store)


@pytest.mark.parametrize(
    "change", ["sequence = 9", "tag = zeroblob(32)", "head_tag = zeroblob(32)"]
)
def test_nothing_is_appended_behind_a_changed_head(busy_store, change):
    forge(busy_store, f"UPDATE audit_head SET {change}")
    for words in (["env", "--project", PROJECT], ["project", "add", "acme/new"]):
        assert busy_store(*words, status=STORE).stdout == b""
    assert query(busy_store, "SELECT count(*) FROM audit") == [(8,)]


def test_nothing_is_appended_behind_a_tail_that_was_cut_off(busy_store):
    forge(busy_store, "DELETE FROM audit WHERE sequence > 5")
    assert busy_store("env", "--project", PROJECT, status=STORE).stdout == b""
    assert query(busy_store, "SELECT count(*) FROM audit") == [(5,)]


def test_a_log_without_its_head_is_found(busy_store):
    forge(busy_store, "DELETE FROM audit_head")
    assert found(busy_store) == (9, "is missing")


def test_an_empty_log_with_its_head_is_found(busy_store):
    forge(busy_store, "DELETE FROM audit")
    assert found(busy_store) == (1, "is missing")


# Files that slipway must leave alone


def test_a_database_of_a_newer_slipway_is_refused_and_stays_byte_for_byte(store):
    query(store, "INSERT INTO grdb_migrations VALUES ('9999_from_the_future')")
    before = contents(store)
    for words in (
        ["project", "list"],
        ["project", "add", "acme/other"],
        ["env", "--project", PROJECT],
        ["store", "rotate"],
        ["audit", "verify"],
        ["backup", "backup.db"],
        ["keys", "remove", "--project", PROJECT, "--yes"],
        ["doctor"],
    ):
        result = store(*words, status=STORE)
        assert b" was made by a newer slipway" in result.stdout + result.stderr, words
    assert contents(store) == before
    assert not (store.work / "backup.db").exists()


@pytest.mark.parametrize(
    "content", [b"", b"plain text", b"SQLite format 3\0" + bytes(4080)], ids=len
)
def test_a_file_that_is_no_store_is_refused_and_stays_as_it_is(slipway, content):
    file = slipway.work / "file"
    file.write_bytes(content)
    file.chmod(0o600)
    for words in (["project", "list"], ["project", "add", PROJECT], ["restore", file, "--yes"]):
        slipway(*words, "--database", file, status=STORE)
    assert file.read_bytes() == content
    assert os.listdir(slipway.work) == ["file"]


# Damage


def complaint(home, words):
    """What is wrong with how a command ends on a damaged store, if anything is."""
    result = home.run(*words, stdin=SECRET)
    said = result.stderr.decode(errors="replace")
    if result.returncode not in DOCUMENTED_STATUSES or "crashed" in said or "Fatal" in said:
        return f"{' '.join(words)} ends with {result.returncode}: {said[:200]}"
    if result.returncode != SUCCESS and not re.search("error: |^.... *fix: ", said + "\n"):
        return f"{' '.join(words)} ends with {result.returncode} and does not say why: {said}"
    return None


def complaints(home, cases):
    """What goes wrong when, in cases of a damage and commands, each meets a copy of the store."""
    home.settle()

    def meet(case):
        number, (damage, commands) = case
        copy = home.folder / f"damaged-{number}.db"
        shutil.copy(home.database, copy)
        what = damage(copy)
        found = [complaint(home, [*words, "--database", str(copy)]) for words in commands]
        return [f"{what}: {said}" for said in found if said is not None]

    return [said for found in in_parallel(meet, enumerate(cases)) for said in found]


ENV = ["env", "--project", PROJECT]
VERIFY = ["audit", "verify"]
ROTATE = ["store", "rotate"]
AUDIT = ["audit", "--all", "--json"]
ADD = ["project", "add", "acme/new"]
SET_KEYS = ["keys", "set", "AKIAIOSFODNN7EXAMPLE", "--project", PROJECT]
SET = ["settings", "set", "my-app", "--project", PROJECT, "--region", "us-east-1"]
HISTORY = ["settings", "history", "my-app", "--project", PROJECT]
SHOW = ["store", "show"]
UNLOCKERS = ["store", "unlockers"]
BACKUP = ["backup", "backup.db"]
EXPORT = ["export"]
REMOVE = ["project", "remove", PROJECT, "--yes"]

# For each table, commands that read all of its columns.
READERS = {
    "store": [SHOW, ENV],
    "store_key": [SHOW, ROTATE],
    "unlocker": [UNLOCKERS, ENV, ROTATE],
    "project": [["project", "list"], ["project", "show", PROJECT], SET_KEYS],
    "aws_keys": [["keys", "show", "--project", PROJECT], ENV, SET_KEYS],
    "application": [SET, HISTORY],
    "settings_version": [HISTORY, EXPORT, SET],
    "audit_key": [VERIFY, ADD],
    "audit": [AUDIT, VERIFY],
    "audit_head": [VERIFY, ADD],
}


def bytes_changed(seed):
    """Other bytes on one page, anywhere but in the head that tells a store from other files."""

    def damage(database):
        generator = random.Random(seed)
        content = bytearray(database.read_bytes())
        page = generator.randrange(len(content) // 4096)
        for _ in range(generator.choice([1, 3, 30])):
            position = page * 4096 + generator.randrange(100 if page == 0 else 0, 4096)
            content[position] = generator.randrange(256)
        database.write_bytes(content)
        return f"seed {seed}, page {page + 1}"

    return damage


def cut_off(pages):
    def damage(database):
        os.truncate(database, pages * 4096 + 17)
        return f"cut off behind page {pages}"

    return damage


def page_filled(page):
    def damage(database):
        with open(database, "r+b") as file:
            file.seek(page * 4096)
            file.write(b"\xff" * 4096)
        return f"page {page + 1} filled"

    return damage


# A table without the rules that keep a damaged value out; SQLite knows `IS NOT NULL` as NOTNULL.
WITHOUT_RULES = """
    UPDATE sqlite_schema SET sql = replace(replace(replace(replace(sql,
        ' IS NOT NULL', ' NOTNULL'), ' NOT NULL', ''), ') STRICT, ', ') '), ') STRICT', ')')
    WHERE type = 'table'
"""


def value_set(table, column, value):
    """A value that is only there when somebody, or a bad disk, wrote the file past all rules."""

    def damage(path):
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute("PRAGMA writable_schema = ON")
            database.execute(WITHOUT_RULES)
            database.execute("DELETE FROM sqlite_schema WHERE type = 'trigger'")
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute("PRAGMA ignore_check_constraints = ON")
            # A row's own number cannot be everything that a column can.
            with contextlib.suppress(sqlite3.IntegrityError):
                database.execute(f"UPDATE OR IGNORE {table} SET {column} = {value}")
        return f"{table}.{column} = {value}"

    return damage


def column_renamed(table, column):
    def damage(path):
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute(f"ALTER TABLE {table} RENAME COLUMN {column} TO renamed")
        return f"{table}.{column} is renamed"

    return damage


ODD_VALUES = {
    "TEXT": ["NULL", "''", "CAST(x'ff' AS TEXT)"],
    "INTEGER": ["NULL", "'text'", "-1", "9223372036854775807"],
    "BLOB": ["NULL", "x''", "zeroblob(88)"],
}


def columns_of(home, table):
    """The names and the types of a table's columns."""
    return [(name, kind) for _, name, kind, *_ in query(home, f"PRAGMA table_info({table})")]


@pytest.mark.parametrize("table", READERS)
def test_a_value_that_cannot_be_crashes_no_command(busy_store, table):
    cases = [
        (value_set(table, column, value), READERS[table])
        for column, kind in columns_of(busy_store, table)
        for value in ODD_VALUES[kind]
    ]
    assert complaints(busy_store, cases) == []


def test_a_column_that_is_not_there_crashes_no_command(busy_store):
    cases = [
        (column_renamed(table, columns_of(busy_store, table)[-1][0]), READERS[table])
        for table in READERS
    ]
    assert complaints(busy_store, cases) == []


def test_changed_bytes_anywhere_crash_no_command(busy_store):
    commands = [ENV, VERIFY, AUDIT, EXPORT, HISTORY, REMOVE]
    cases = [(bytes_changed(seed), commands) for seed in range(SEED, SEED + 25)]
    assert complaints(busy_store, cases) == []


def test_a_page_that_was_filled_crashes_no_command(busy_store):
    busy_store.settle()
    pages = busy_store.database.stat().st_size // 4096
    cases = [(page_filled(page), [ENV, VERIFY, EXPORT, ADD]) for page in range(1, pages, 3)]
    assert complaints(busy_store, cases) == []


def test_a_file_that_is_cut_off_crashes_no_command(busy_store):
    commands = [ENV, VERIFY, EXPORT, ADD, SHOW, UNLOCKERS, BACKUP]
    assert complaints(busy_store, [(cut_off(pages), commands) for pages in (1, 9)]) == []


def test_a_damaged_write_ahead_log_crashes_no_command(busy_store):
    log = files_of(busy_store.database)[1]
    generator = random.Random(SEED)
    for _ in range(5):
        content = bytearray(log.read_bytes())
        for _ in range(100):
            content[generator.randrange(len(content))] ^= 0xFF
        log.write_bytes(content)
        assert [complaint(busy_store, words) for words in (ENV, VERIFY, ADD)] == [None] * 3


# Who can read the files


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777], ids=oct)
def test_files_are_0600_and_folders_0700_whatever_the_umask(slipway, umask):
    slipway("project", "add", PROJECT, umask=umask)
    slipway("store", "unlockers", "add", "key-file", "ci.key", umask=umask)
    slipway("backup", "backup.db", umask=umask)
    slipway("restore", "backup.db", "--yes", umask=umask)
    files = [path for path in slipway.folder.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {
        "slipway.db", "slipway.db-wal", "slipway.db-shm", "unlock.key", "ci.key", "backup.db"
    }  # fmt: skip
    assert len(files) > 6, "the store that was there before the restore is kept"
    assert {str(path): mode(path) for path in files} == {str(path): 0o600 for path in files}
    for folder in (".local", ".local/share/slipway", ".config", ".config/slipway"):
        assert mode(slipway.folder / folder) == 0o700, folder


@pytest.mark.parametrize("wide", [0o644, 0o620, 0o601, 0o660, 0o777], ids=oct)
@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
def test_a_file_that_others_can_use_is_refused_with_the_chmod_that_mends_it(store, suffix, wide):
    file = store.database.with_name(f"slipway.db{suffix}")
    file.chmod(wide)
    assert mends(store, store("project", "list", status=STORE)) == f"chmod 0600 {file}"
    assert mode(file) == 0o600


def test_a_key_file_that_others_can_use_is_refused_with_the_chmod_that_mends_it(store):
    store.key_file.chmod(0o640)
    assert mends(store, store(*ENV, status=STORE)) == f"chmod 0600 {store.key_file}"


def test_a_folder_that_others_can_change_is_refused_with_the_chmod_that_mends_it(store):
    folder = store.database.parent
    folder.chmod(0o770)
    assert mends(store, store(*ENV, status=STORE)) == f"chmod go-w {folder}"


def test_a_path_with_a_space_and_a_quote_is_mended_too(store):
    moved = store.folder / "it's a store.db"
    store.settle()
    shutil.move(store.database, moved)
    moved.chmod(0o644)
    refused = store("project", "list", "--database", moved, status=STORE)
    line = mend_of(refused)
    subprocess.run(["sh", "-c", line], check=True)
    store("project", "list", "--database", moved)


def mend_of(result):
    """The command that an error names as its mend."""
    assert result.stdout == b""
    return re.search(r"^  fix: (chmod .*)$", result.stderr.decode(), re.MULTILINE)[1]


def mends(home, result):
    """The command that an error names as its mend, after it was run and found to help."""
    command = mend_of(result)
    subprocess.run(["sh", "-c", command], check=True)
    home(*ENV)
    return command
