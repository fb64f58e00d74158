"""decoder.py, written from FORMAT.md alone, judges what slipway seals; slipway, what it seals."""

import base64
import contextlib
import dataclasses
import os

import pytest
from conftest import (
    ACCESS_KEY_ID,
    PASSPHRASE,
    PROJECT,
    SECRET,
    STORE,
    SUCCESS,
    TOKEN,
)
from decoder import (
    AUDIT_FIELDS,
    Place,
    Refused,
    SealedRecord,
    Store,
    UnlockKey,
    audit_tag,
    head_tag,
    keys_place,
    padded,
    passphrase_key,
    preshared_key_place,
)


def file_key(home):
    return UnlockKey.from_text(home.key_file.read_text())


def opened(home, key=None):
    return Store(home.database, key or file_key(home))


def fresh_key():
    return UnlockKey(os.urandom(32))


def text_of(key):
    return base64.b64encode(key.secret)


def without_key_file(home, key):
    """The variables with which slipway opens the store by this key and no other."""
    return {"XDG_CONFIG_HOME": str(home.temporary), "SLIPWAY_UNLOCK_KEY": text_of(key).decode()}


def secret_of(home, **options):
    """The secret access key that `slipway env` prints."""
    printed = home("env", "--project", PROJECT, **options).stdout
    return printed.split(b"AWS_SECRET_ACCESS_KEY='", 1)[1].split(b"'\n", 1)[0]


def is_refused(home):
    """Asserts that slipway hands out no key, and returns what it says."""
    result = home("env", "--project", PROJECT, status=STORE)
    assert result.stdout == b""
    assert result.stderr.startswith(b"error: ")
    assert b"crashed" not in result.stderr
    return result.stderr.decode()


def does_not_open(home, column="secret_access_key"):
    """Asserts that slipway says of which secret the seal is broken."""
    error = is_refused(home).splitlines()[0]
    assert column in error and error.endswith(" does not open")


def change(home, sql, *values):
    with home.connect() as database:
        assert database.execute(sql, values).rowcount == 1


def keys_row(reader, project=PROJECT):
    return reader.row(
        "SELECT aws_keys.* FROM aws_keys JOIN project ON project_id = id WHERE name = ?", project
    )


# What slipway seals


def test_the_secret_and_the_session_token_open_in_python(store):
    with opened(store) as reader:
        assert reader.aws_keys(PROJECT) == (ACCESS_KEY_ID, SECRET, TOKEN)


@pytest.mark.parametrize("length", [1, 59, 60, 61, 123, 124, 125, 4096])
def test_a_secret_of_any_length_opens_in_python(store, length):
    secret, token = os.urandom(length).replace(b"\0", b"\1"), b"t" * length
    store.set_keys(secret)
    with opened(store) as reader:
        assert reader.aws_keys(PROJECT) == (ACCESS_KEY_ID, secret, None)
        record = SealedRecord.parse(keys_row(reader)["secret_access_key"])
    assert len(record.ciphertext) - 16 == len(padded(token))


def test_a_record_is_the_same_bytes_again_after_parsing(store):
    with opened(store) as reader:
        row = keys_row(reader)
    for column in ("secret_access_key", "session_token"):
        assert SealedRecord.parse(row[column]).serialized() == row[column]


def test_two_records_of_one_secret_have_nothing_random_in_common(store):
    store("project", "add", "acme/twin")
    store.set_keys(SECRET, project="acme/twin")
    with opened(store) as reader:
        first, second = (
            SealedRecord.parse(keys_row(reader, project)["secret_access_key"])
            for project in (PROJECT, "acme/twin")
        )
    for field in ("key_nonce", "wrapped_key", "nonce", "ciphertext"):
        assert getattr(first, field) != getattr(second, field)


def test_a_key_made_by_python_is_an_unlocker_with_the_id_of_the_format(store):
    key = fresh_key()
    assert store.added_unlocker("key", stdin=text_of(key) + b"\n") == key.id
    with opened(store, key) as reader:
        assert reader.aws_keys(PROJECT) == (ACCESS_KEY_ID, SECRET, TOKEN)
    assert secret_of(store, variables=without_key_file(store, key)) == SECRET


def test_a_passphrase_opens_the_store_in_python(store):
    unlocker_id = store.add_passphrase()
    key = passphrase_key(store.database, PASSPHRASE, unlocker_id)
    assert key.id == unlocker_id
    with opened(store, key) as reader:
        assert reader.aws_keys(PROJECT) == (ACCESS_KEY_ID, SECRET, TOKEN)


def test_every_unlocker_has_the_public_key_and_check_value_of_the_format(store):
    keys = [file_key(store), fresh_key(), fresh_key()]
    for key in keys[1:]:
        store("store", "unlockers", "add", "key", stdin=text_of(key))
    with opened(store) as reader:
        rows = {row["id"]: row for row in reader.rows("SELECT * FROM unlocker")}
        assert rows.keys() == {key.id for key in keys}
        for key in keys:
            assert rows[key.id]["public_key"] == key.public_key
            assert rows[key.id]["check_value"] == key.check_value(reader.id)
            assert reader.preshared_key(key.id) == key.preshared_key


def test_python_verifies_the_audit_chain_and_its_head(store):
    store("env", "--project", PROJECT)
    verdict = store("audit", "verify").stdout.decode().split()
    with opened(store) as reader:
        count, tag = reader.verify_audit()
    assert count == 4
    assert verdict[-3:] == [str(count), "head", tag.hex()]


@pytest.mark.parametrize("rotations", [1, 2])
def test_all_unlockers_open_the_store_in_python_after_rotations(store, rotations):
    with opened(store) as before:
        old_store_key = before.store_keys[1]
    added = fresh_key()
    store("store", "unlockers", "add", "key", stdin=text_of(added))
    passphrase_id = store.add_passphrase()
    for _ in range(rotations):
        store("store", "rotate")
    passphrase = passphrase_key(store.database, PASSPHRASE, passphrase_id)
    newest = rotations + 1
    for key in (file_key(store), added, passphrase):
        with opened(store, key) as reader:
            assert reader.newest == newest
            assert reader.store_keys.keys() == {newest}
            assert reader.store_keys[newest] != old_store_key
            assert reader.aws_keys(PROJECT) == (ACCESS_KEY_ID, SECRET, TOKEN)
            assert reader.preshared_key(added.id) == added.preshared_key
            reader.verify_audit()
            record = SealedRecord.parse(keys_row(reader)["secret_access_key"])
            assert (record.sealed_generation, record.wrapping_generation) == (1, newest)


def test_what_is_sealed_after_a_rotation_is_of_the_new_generation(store):
    store("store", "rotate")
    store.set_keys(b"a new secret", b"and a new token")
    with opened(store) as reader:
        assert reader.aws_keys(PROJECT) == (ACCESS_KEY_ID, b"a new secret", b"and a new token")
        record = SealedRecord.parse(keys_row(reader)["secret_access_key"])
        assert (record.sealed_generation, record.wrapping_generation) == (2, 2)


def test_the_old_store_key_opens_nothing_after_a_rotation(store):
    with opened(store) as before:
        old_store_key = before.store_keys[1]
    store("store", "rotate")
    with opened(store) as reader:
        reader.store_keys = {2: old_store_key}
        with pytest.raises(Refused):
            reader.aws_keys(PROJECT)
        with pytest.raises(Refused):
            reader.preshared_key(file_key(store).id)
        with pytest.raises(Refused):
            reader.audit_keys()


def test_a_backup_opens_in_python(store):
    backup = store.folder / "backup.db"
    store("backup", backup)
    with Store(backup, file_key(store)) as reader:
        assert reader.aws_keys(PROJECT) == (ACCESS_KEY_ID, SECRET, TOKEN)
        assert reader.verify_audit()[0] == 4


# What Python seals


def plant(home, column, secret, **options):
    """Puts a record that Python sealed into the place of the project's own."""
    with opened(home) as reader:
        blob = reader.seal(secret, keys_place(keys_row(reader), column), **options)
    change(home, f"UPDATE aws_keys SET {column} = ?", blob)


@pytest.mark.parametrize("rotations", [0, 1])
def test_slipway_opens_a_secret_that_python_sealed(store, rotations):
    for _ in range(rotations):
        store("store", "rotate")
    plant(store, "secret_access_key", b"sealed in Python")
    plant(store, "session_token", b"and so was this")
    printed = store("env", "--project", PROJECT).stdout
    assert b"AWS_SECRET_ACCESS_KEY='sealed in Python'\n" in printed
    assert b"AWS_SESSION_TOKEN='and so was this'\n" in printed


def test_slipway_opens_a_new_version_that_python_wrote(store):
    with opened(store) as reader:
        row = dict(keys_row(reader), version=2)
        secret = reader.seal(b"version two", keys_place(row, "secret_access_key"))
    with store.connect() as database:
        database.execute("BEGIN")
        database.execute("UPDATE project SET keys_version = 2")
        database.execute(
            "UPDATE aws_keys SET version = 2, secret_access_key = ?, session_token = NULL",
            [secret],
        )
        database.execute("COMMIT")
    assert secret_of(store) == b"version two"


def test_slipway_rotates_what_python_sealed(store):
    plant(store, "secret_access_key", b"sealed in Python")
    store("store", "rotate")
    assert secret_of(store) == b"sealed in Python"
    with opened(store) as reader:
        assert reader.aws_keys(PROJECT) == (ACCESS_KEY_ID, b"sealed in Python", TOKEN)


def add_unlocker(home, key, preshared_key=None):
    """Writes the row of an unlocker as Python makes it."""
    with opened(home) as reader:
        store_key = reader.store_keys[reader.newest]
        row = {
            "id": key.id,
            "kind": "key",
            "label": "made by Python",
            "public_key": key.public_key,
            "check_value": key.check_value(reader.id),
            "wrapped_key": key.wrap(reader.newest, store_key, reader.id, preshared_key),
            "sealed_preshared_key": reader.seal(
                key.preshared_key + key.public_key, preshared_key_place(key.id)
            ),
            "generation": reader.newest,
            "created_at": "2026-01-01T00:00:00.000Z",
            "created_by": "python",
        }
    names = ", ".join(row)
    places = ", ".join("?" * len(row))
    change(home, f"INSERT INTO unlocker ({names}) VALUES ({places})", *row.values())


def test_slipway_opens_with_an_unlocker_that_python_made_and_rotates_it(store):
    key = fresh_key()
    add_unlocker(store, key)
    assert secret_of(store, variables=without_key_file(store, key)) == SECRET
    store("store", "rotate")
    assert secret_of(store, variables=without_key_file(store, key)) == SECRET


def append_audit_row(home, previous, sequence, version, key):
    """Writes a row and its head as a program does that has the audit key; returns the row's tag."""
    row = dict.fromkeys(AUDIT_FIELDS)
    row |= {"sequence": sequence, "at": "2026-01-01T00:00:00.000Z", "actor": "pythön"}
    row |= {"host": "snake", "action": "note", "new": '"hello"', "key_version": version}
    tag = audit_tag(key, previous, row)
    names, places = ", ".join(row), ", ".join("?" * len(row))
    with home.connect() as database:
        database.execute("BEGIN")
        database.execute(
            f"INSERT INTO audit ({names}, tag) VALUES ({places}, ?)", [*row.values(), tag]
        )
        database.execute(
            "UPDATE audit_head SET sequence = ?, tag = ?, key_version = ?, head_tag = ?",
            [sequence, tag, version, head_tag(key, sequence, tag)],
        )
        database.execute("COMMIT")
    return tag


def test_audit_verify_accepts_a_row_that_python_appended_and_a_next_one(store):
    store("store", "rotate")
    with opened(store) as reader:
        count, previous = reader.verify_audit()
        key = reader.audit_keys()[2]
    tag = append_audit_row(store, previous, count + 1, 2, key)
    assert tag.hex().encode() in store("audit", "verify").stdout
    store("env", "--project", PROJECT)
    store("audit", "verify")
    with opened(store) as reader:
        assert reader.verify_audit()[0] == count + 2


# What must not open


def test_a_secret_moved_to_another_project_does_not_open(store):
    store("project", "add", "acme/other")
    store.set_keys(b"the other's", project="acme/other")
    with opened(store) as reader:
        moved = keys_row(reader, "acme/other")["secret_access_key"]
    change(store, "UPDATE aws_keys SET secret_access_key = ? WHERE project_id = 1", moved)
    does_not_open(store)
    with opened(store) as reader, pytest.raises(Refused):
        reader.aws_keys(PROJECT)


def test_a_secret_of_an_older_version_does_not_open(store):
    with opened(store) as reader:
        old = keys_row(reader)["secret_access_key"]
    store.set_keys(b"the newer secret")
    change(store, "UPDATE aws_keys SET secret_access_key = ?", old)
    does_not_open(store)
    with opened(store) as reader, pytest.raises(Refused):
        reader.aws_keys(PROJECT)


def test_a_row_with_another_version_number_does_not_open(store):
    change(store, "UPDATE aws_keys SET version = 2")
    does_not_open(store)


def test_a_secret_and_a_token_that_changed_columns_do_not_open(store):
    change(
        store,
        "UPDATE aws_keys SET secret_access_key = session_token, session_token = secret_access_key",
    )
    does_not_open(store)
    with opened(store) as reader, pytest.raises(Refused):
        reader.aws_keys(PROJECT)


def test_a_token_that_does_not_open_is_named(store):
    change(store, "UPDATE aws_keys SET session_token = secret_access_key")
    does_not_open(store, "session_token")


def test_a_secret_of_another_table_does_not_open(store):
    with opened(store) as reader:
        sealed = reader.seal(b"misplaced", Place("audit_key", 1, "secret_access_key", 1))
    change(store, "UPDATE aws_keys SET secret_access_key = ?", sealed)
    does_not_open(store)


def test_a_secret_sealed_for_another_store_does_not_open(store):
    with opened(store) as reader:
        place = keys_place(keys_row(reader), "secret_access_key")
        reader.id = reader.id[::-1]
        sealed = reader.seal(b"of another store", place)
    change(store, "UPDATE aws_keys SET secret_access_key = ?", sealed)
    does_not_open(store)


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(SealedRecord)])
def test_a_record_with_one_changed_field_does_not_open(store, field):
    with opened(store) as reader:
        record = SealedRecord.parse(keys_row(reader)["secret_access_key"])
        value = getattr(record, field)
        changed = value + 1 if isinstance(value, int) else value[:-1] + bytes([value[-1] ^ 1])
        blob = dataclasses.replace(record, **{field: changed}).serialized()
        with pytest.raises(Refused):
            reader.open(blob, keys_place(keys_row(reader), "secret_access_key"))
    change(store, "UPDATE aws_keys SET secret_access_key = ?", blob)
    does_not_open(store)


@pytest.mark.parametrize(
    "damage",
    {
        "empty": lambda blob: b"",
        "its first four bytes": lambda blob: blob[:4],
        "without its last byte": lambda blob: blob[:-1],
        "without its last block": lambda blob: blob[:-64],
        "with a byte behind it": lambda blob: blob + b"\0",
        "with a block behind it": lambda blob: blob + bytes(64),
        "of another format": lambda blob: b"SLW2" + blob[4:],
        "with the longest length": lambda blob: blob[:84] + b"\xff\xff\xff\xc0" + blob[88:],
        "with no length": lambda blob: blob[:84] + bytes(4) + blob[88:],
        "with a length of 65": lambda blob: blob[:84] + b"\0\0\0\x41" + blob[88:] + b"\0",
        "of the highest generations": lambda blob: blob[:4] + b"\xff" * 8 + blob[12:],
        "of generation 0": lambda blob: blob[:4] + bytes(8) + blob[12:],
    }.items(),
    ids=lambda damage: damage[0],
)
def test_a_malformed_record_does_not_open(store, damage):
    with opened(store) as reader:
        blob = damage[1](keys_row(reader)["secret_access_key"])
        with pytest.raises(Refused):
            reader.open(blob, keys_place(keys_row(reader), "secret_access_key"))
    change(store, "UPDATE aws_keys SET secret_access_key = ?", blob)
    does_not_open(store)


@pytest.mark.parametrize(
    "padding",
    {
        "with a block too many": lambda secret: padded(secret) + bytes(64),
        "with another byte than zero": lambda secret: padded(secret)[:-1] + b"\1",
        "with a length beyond its end": lambda secret: b"\0\0\0\x3d" + bytes(60),
        "with the longest length": lambda secret: b"\xff\xff\xff\xff" + bytes(60),
    }.items(),
    ids=lambda padding: padding[0],
)
def test_a_secret_that_is_padded_wrongly_does_not_open(store, padding):
    plant(store, "secret_access_key", SECRET, padded=padding[1])
    does_not_open(store)
    with opened(store) as reader, pytest.raises(Refused):
        reader.aws_keys(PROJECT)


@pytest.mark.parametrize(
    "value", [b"", b"with a \0 in it", b"s" * 4097], ids=["empty", "NUL", "too long"]
)
def test_a_secret_that_slipway_would_not_have_taken_is_refused(store, value):
    plant(store, "secret_access_key", value)
    is_refused(store)


def test_a_store_key_wrapped_without_the_preshared_key_is_refused(store):
    with opened(store) as reader:
        forged = file_key(store).wrap(1, os.urandom(32), reader.id, os.urandom(32))
    change(store, "UPDATE unlocker SET wrapped_key = ?", forged)
    is_refused(store)


def test_wrapped_keys_that_changed_unlockers_are_refused(store):
    key = fresh_key()
    store("store", "unlockers", "add", "key", stdin=text_of(key))
    with opened(store, key) as reader:
        moved = reader.unlocker["wrapped_key"]
    change(store, "UPDATE unlocker SET wrapped_key = ? WHERE id = ?", moved, file_key(store).id)
    is_refused(store)
    assert secret_of(store, variables=without_key_file(store, key)) == SECRET


@pytest.mark.parametrize("column", ["check_value", "public_key"])
def test_an_unlocker_with_a_changed_check_value_or_public_key_is_refused(store, column):
    change(store, f"UPDATE unlocker SET {column} = ?", os.urandom(32))
    is_refused(store)


def test_a_rotation_does_not_lose_the_store_key_to_a_changed_public_key(store):
    key = file_key(store)
    change(store, "UPDATE unlocker SET public_key = ?", os.urandom(32))
    store("store", "rotate", status=STORE)
    change(store, "UPDATE unlocker SET public_key = ?", key.public_key)
    assert secret_of(store) == SECRET


def test_a_rotation_does_not_lock_out_an_unlocker_whose_public_key_was_changed(store):
    key = fresh_key()
    store("store", "unlockers", "add", "key", stdin=text_of(key))
    swap = "UPDATE unlocker SET public_key = ? WHERE id = ?"
    change(store, swap, fresh_key().public_key, key.id)
    with opened(store) as reader, pytest.raises(Refused):
        reader.preshared_key(key.id)
    store("store", "rotate", status=STORE)
    change(store, swap, key.public_key, key.id)
    assert secret_of(store, variables=without_key_file(store, key)) == SECRET
    assert secret_of(store) == SECRET


@pytest.mark.parametrize("generation", [0, 2, 2**32 - 1])
def test_a_wrapped_key_of_another_generation_is_refused(store, generation):
    with opened(store) as reader:
        wrapped = file_key(store).wrap(generation, reader.store_keys[1], reader.id)
    change(store, "UPDATE unlocker SET wrapped_key = ?", wrapped)
    is_refused(store)


def test_a_planted_public_key_gets_no_store_key_from_a_rotation(store):
    """Who can write the database, but has no key, adds an unlocker of their own."""
    planted = fresh_key()
    add_unlocker(store, planted)
    change(
        store,
        "UPDATE unlocker SET sealed_preshared_key = zeroblob(length(sealed_preshared_key))"
        " WHERE id = ?",
        planted.id,
    )
    status = store.run("store", "rotate").returncode
    assert status in (SUCCESS, STORE)
    with contextlib.suppress(Refused), opened(store, planted) as reader:
        assert reader.newest == 1, "the rotation wrapped the new store key for the planted one"
    assert secret_of(store) == SECRET


def test_a_row_signed_with_the_audit_key_before_the_last_rotation_is_found(store):
    with opened(store) as reader:
        old_key = reader.audit_keys()[1]
    store("store", "rotate")
    with opened(store) as reader:
        count, previous = reader.verify_audit()
    append_audit_row(store, previous, count + 1, 1, old_key)
    store("audit", "verify", status=STORE)
    with opened(store) as reader, pytest.raises(Refused):
        reader.verify_audit()


def test_a_row_under_an_older_audit_key_between_newer_ones_is_found(store):
    store("store", "rotate")
    with opened(store) as reader:
        count, tag = reader.verify_audit()
        keys = reader.audit_keys()
    tag = append_audit_row(store, tag, count + 1, 1, keys[1])
    append_audit_row(store, tag, count + 2, 2, keys[2])
    store("audit", "verify", status=STORE)
    with opened(store) as reader, pytest.raises(Refused):
        reader.verify_audit()


def test_a_log_set_back_to_before_the_last_rotation_is_found(store):
    with opened(store) as reader:
        head = reader.row("SELECT sequence, tag, key_version, head_tag FROM audit_head")
    store("store", "rotate")
    with store.connect() as database:
        database.execute("DROP TRIGGER audit_is_not_deleted")
        database.execute("DELETE FROM audit WHERE sequence > ?", [head["sequence"]])
        database.execute(
            "UPDATE audit_head SET sequence = ?, tag = ?, key_version = ?, head_tag = ?",
            tuple(head),
        )
    store("audit", "verify", status=STORE)
    with opened(store) as reader, pytest.raises(Refused):
        reader.verify_audit()
