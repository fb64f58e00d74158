"""Opens a slipway store and seals into one. Written from Sources/KeyVault/FORMAT.md alone.

To look into a store: python decoder.py DATABASE KEY_FILE
"""

import base64
import contextlib
import dataclasses
import functools
import hmac
import os
import sqlite3
import struct
import sys
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

BLOCK = 64


class Refused(Exception):
    """Something is not as FORMAT.md says, or does not open."""


def lp(*texts):
    """Each text as UTF-8, behind its length; numbers as decimal digits."""
    encoded = [str(text).encode() for text in texts]
    return b"".join(struct.pack(">I", len(text)) + text for text in encoded)


def hkdf(key, label, salt=b""):
    return HKDF(SHA256(), 32, salt, label.encode()).derive(key)


def hmac_sha256(key, message):
    return hmac.digest(key, message, "sha256")


def opened(key, nonce, ciphertext, associated_data):
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, associated_data)
    except InvalidTag:
        raise Refused("a tag does not hold") from None


# HPKE (RFC 9180) in PSK mode, with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM.

KEM_SUITE = b"KEM" + struct.pack(">H", 0x0020)
HPKE_SUITE = b"HPKE" + struct.pack(">HHH", 0x0020, 0x0001, 0x0002)
PSK_MODE = b"\x01"


def labeled_extract(suite, salt, label, key):
    return hmac_sha256(salt, b"HPKE-v1" + suite + label + key)


def labeled_expand(suite, key, label, info, length):
    labeled = struct.pack(">H", length) + b"HPKE-v1" + suite + label + info
    return HKDFExpand(SHA256(), length, labeled).derive(key)


def first_message_key(shared_point, encapsulated, public_key, info, psk, psk_id):
    """The key and the nonce of the first message of the context."""
    kem_context = encapsulated + public_key
    extracted = labeled_extract(KEM_SUITE, b"", b"eae_prk", shared_point)
    shared = labeled_expand(KEM_SUITE, extracted, b"shared_secret", kem_context, 32)
    psk_id_hash = labeled_extract(HPKE_SUITE, b"", b"psk_id_hash", psk_id)
    info_hash = labeled_extract(HPKE_SUITE, b"", b"info_hash", info)
    context = PSK_MODE + psk_id_hash + info_hash
    secret = labeled_extract(HPKE_SUITE, shared, b"secret", psk)
    key = labeled_expand(HPKE_SUITE, secret, b"key", context, 32)
    return key, labeled_expand(HPKE_SUITE, secret, b"base_nonce", context, 12)


def raw(public_key):
    return public_key.public_bytes_raw()


@dataclasses.dataclass(frozen=True)
class UnlockKey:
    """The 32 bytes behind an unlocker, and what is derived from them."""

    secret: bytes

    @classmethod
    def from_text(cls, text):
        return cls(base64.b64decode(text.strip(), validate=True))

    @classmethod
    def from_passphrase(cls, passphrase, salt, log_rounds):
        return cls(Scrypt(salt, 32, 2**log_rounds, 8, 1).derive(passphrase))

    @property
    def id(self):
        return hkdf(self.secret, "slipway/1 unlocker id")[:8].hex()

    @functools.cached_property
    def private_key(self):
        return X25519PrivateKey.from_private_bytes(hkdf(self.secret, "slipway/1 unlocker x25519"))

    @property
    def public_key(self):
        return raw(self.private_key.public_key())

    @property
    def preshared_key(self):
        return hkdf(self.secret, "slipway/1 unlocker preshared key")

    def check_value(self, store_id):
        key = hkdf(self.secret, "slipway/1 unlocker check")
        return hmac_sha256(key, lp("slipway/1 unlocker", store_id, self.id, self.public_key.hex()))

    def unwrap(self, wrapped, store_id):
        """The generation and the store key that were wrapped for this unlocker."""
        if len(wrapped) != 88 or wrapped[:4] != b"SLK1":
            raise Refused("not a wrapped store key")
        (generation,) = struct.unpack(">I", wrapped[4:8])
        encapsulated, ciphertext = wrapped[8:40], wrapped[40:]
        shared_point = self.private_key.exchange(X25519PublicKey.from_public_bytes(encapsulated))
        key, nonce = self._first_message_key(
            shared_point, encapsulated, store_id, self.preshared_key
        )
        return generation, opened(key, nonce, ciphertext, generation_data(generation))

    def wrap(self, generation, store_key, store_id, preshared_key=None):
        """A store key for this unlocker; with another pre-shared key, as a forger would."""
        ephemeral = X25519PrivateKey.generate()
        encapsulated = raw(ephemeral.public_key())
        shared_point = ephemeral.exchange(self.private_key.public_key())
        key, nonce = self._first_message_key(
            shared_point, encapsulated, store_id, preshared_key or self.preshared_key
        )
        ciphertext = AESGCM(key).encrypt(nonce, store_key, generation_data(generation))
        return b"SLK1" + struct.pack(">I", generation) + encapsulated + ciphertext

    def _first_message_key(self, shared_point, encapsulated, store_id, preshared_key):
        info = lp("slipway/1 store key", store_id, self.id)
        return first_message_key(
            shared_point, encapsulated, self.public_key, info, preshared_key, self.id.encode()
        )


def generation_data(generation):
    return lp("slipway/1 store key generation", generation)


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a sealed record stands; it opens nowhere else."""

    table: str
    owner: object
    column: str
    version: int


@dataclasses.dataclass(frozen=True)
class SealedRecord:
    sealed_generation: int
    wrapping_generation: int
    key_nonce: bytes
    wrapped_key: bytes
    nonce: bytes
    ciphertext: bytes

    @classmethod
    def parse(cls, blob):
        if blob[:4] != b"SLW1" or len(blob) < 88:
            raise Refused("not a sealed record")
        sealed, wrapping = struct.unpack(">II", blob[4:12])
        (length,) = struct.unpack(">I", blob[84:88])
        if length < BLOCK or length % BLOCK or len(blob) != 88 + length + 16:
            raise Refused("a sealed record of the wrong length")
        return cls(sealed, wrapping, blob[12:24], blob[24:72], blob[72:84], blob[88:])

    def serialized(self):
        return (
            b"SLW1"
            + struct.pack(">II", self.sealed_generation, self.wrapping_generation)
            + self.key_nonce
            + self.wrapped_key
            + self.nonce
            + struct.pack(">I", len(self.ciphertext) - 16)
            + self.ciphertext
        )


def padded(secret):
    content = struct.pack(">I", len(secret)) + secret
    return content + bytes(-len(content) % BLOCK)


def unpadded(content):
    (length,) = struct.unpack(">I", content[:4])
    secret = content[4 : 4 + length]
    if padded(secret) != content:
        raise Refused("a secret that is padded wrongly")
    return secret


def connect(path):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    return database


def passphrase_key(path, passphrase, unlocker_id):
    """The unlock key that a passphrase stands for in a store."""
    with contextlib.closing(connect(path)) as database:
        salt, log_rounds = database.execute(
            "SELECT scrypt_salt, scrypt_log_rounds FROM unlocker WHERE id = ?", [unlocker_id]
        ).fetchone()
    return UnlockKey.from_passphrase(passphrase, salt, log_rounds)


class Store:
    """A store's database, opened for reading with one unlock key."""

    def __init__(self, path, key):
        self.database = connect(path)
        self.id, self.newest = self.row("SELECT id, generation FROM store")
        self.unlocker = self.row("SELECT * FROM unlocker WHERE id = ?", key.id)
        if self.unlocker["check_value"] != key.check_value(self.id):
            raise Refused("the check value is not this key's")
        generation, store_key = key.unwrap(self.unlocker["wrapped_key"], self.id)
        self.store_keys = {generation: store_key}
        for row in self.rows("SELECT * FROM store_key WHERE sealed_key IS NOT NULL"):
            place = Place("store_key", row["generation"], "sealed_key", row["generation"])
            self.store_keys[row["generation"]] = self.open(row["sealed_key"], place)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.database.close()

    def rows(self, sql, *values):
        return self.database.execute(sql, values).fetchall()

    def row(self, sql, *values):
        row = self.database.execute(sql, values).fetchone()
        if row is None:
            raise Refused(f"no row: {sql}")
        return row

    # Sealed records

    def open(self, blob, place):
        record = SealedRecord.parse(blob)
        if record.wrapping_generation not in self.store_keys:
            raise Refused(f"no store key of generation {record.wrapping_generation}")
        wrap_key = self._wrap_key(record.wrapping_generation)
        secret_data, key_data = self._associated_data(
            place, record.sealed_generation, record.wrapping_generation
        )
        data_key = opened(wrap_key, record.key_nonce, record.wrapped_key, key_data)
        return unpadded(opened(data_key, record.nonce, record.ciphertext, secret_data))

    def seal(self, secret, place, padded=padded):
        """A record of the newest generation; with another padding, one that must not open."""
        secret_data, key_data = self._associated_data(place, self.newest, self.newest)
        data_key, key_nonce, nonce = os.urandom(32), os.urandom(12), os.urandom(12)
        return SealedRecord(
            self.newest,
            self.newest,
            key_nonce,
            AESGCM(self._wrap_key(self.newest)).encrypt(key_nonce, data_key, key_data),
            nonce,
            AESGCM(data_key).encrypt(nonce, padded(secret), secret_data),
        ).serialized()

    def _wrap_key(self, generation):
        return hkdf(self.store_keys[generation], "slipway/1 wrap key", self.id.encode())

    def _associated_data(self, place, sealed, wrapping):
        where = (self.id, place.table, place.owner, place.column, place.version, sealed)
        return lp("slipway/1 secret", *where), lp("slipway/1 data key", *where, wrapping)

    # What is sealed

    def aws_keys(self, project):
        """The access key id, the secret access key and, if there is one, the session token."""
        row = self.row(
            "SELECT aws_keys.* FROM aws_keys JOIN project ON project_id = id WHERE name = ?",
            project,
        )
        token = row["session_token"]
        return (
            row["access_key_id"],
            self.open(row["secret_access_key"], keys_place(row, "secret_access_key")),
            None if token is None else self.open(token, keys_place(row, "session_token")),
        )

    def preshared_key(self, unlocker_id):
        row = self.row("SELECT * FROM unlocker WHERE id = ?", unlocker_id)
        content = self.open(row["sealed_preshared_key"], preshared_key_place(unlocker_id))
        if content[32:] != row["public_key"]:
            raise Refused("the public key is not the one that was sealed")
        return content[:32]

    def audit_keys(self):
        return {
            row["version"]: self.open(
                row["sealed_key"],
                Place("audit_key", row["version"], "sealed_key", row["version"]),
            )
            for row in self.rows("SELECT * FROM audit_key")
        }

    # The audit log

    def verify_audit(self):
        """The number of rows and the last tag of a log in which every row holds."""
        keys = self.audit_keys()
        if max(keys) != self.newest:
            raise Refused("the newest audit key is not of the present generation")
        tag, count, version = b"", 0, 0
        for row in self.rows("SELECT * FROM audit ORDER BY sequence"):
            count += 1
            if row["sequence"] != count:
                raise Refused(f"row {count} is missing")
            if row["key_version"] < version or row["key_version"] not in keys:
                raise Refused(f"row {count} is under an audit key of another time")
            version = row["key_version"]
            if row["tag"] != audit_tag(keys[version], tag, row):
                raise Refused(f"row {count} was changed")
            tag = row["tag"]
        head = self.row("SELECT * FROM audit_head")
        if head["key_version"] != self.newest or version != self.newest:
            raise Refused("the end of the log is under an audit key of another time")
        if head["head_tag"] != head_tag(keys[self.newest], head["sequence"], head["tag"]):
            raise Refused("the head was changed")
        if (head["sequence"], head["tag"]) != (count, tag):
            raise Refused("the head is of another row")
        return count, tag


def keys_place(row, column):
    return Place("aws_keys", row["project_id"], column, row["version"])


def preshared_key_place(unlocker_id):
    return Place("unlocker", unlocker_id, "sealed_preshared_key", 1)


AUDIT_FIELDS = "sequence at actor host project action subject old new key_version".split()


NULLABLE_FIELDS = {"project", "subject", "old", "new"}


def audit_field(name, value):
    """A column as the tag of its row covers it: no value is not the same as an empty one."""
    if name not in NULLABLE_FIELDS:
        return value
    return "-" if value is None else f"+{value}"


def audit_tag(key, previous, row):
    fields = (audit_field(name, row[name]) for name in AUDIT_FIELDS)
    return hmac_sha256(key, lp("slipway/1 audit", previous.hex(), *fields))


def head_tag(key, sequence, tag):
    return hmac_sha256(key, lp("slipway/1 audit head", sequence, tag.hex()))


def report(path, key_file):
    """Says what a store holds, without its secrets."""
    with Store(path, UnlockKey.from_text(Path(key_file).read_text())) as store:
        for (project,) in store.rows(
            "SELECT name FROM project JOIN aws_keys ON project_id = id ORDER BY name"
        ):
            access_key_id, secret, token = store.aws_keys(project)
            token_size = f", a session token of {len(token)}" if token else ""
            print(f"{project}: {access_key_id}, a secret of {len(secret)} bytes{token_size}")
        count, tag = store.verify_audit()
        print(f"audit log: {count} rows hold, head {tag.hex()}")


if __name__ == "__main__":
    report(*sys.argv[1:])
