"""The frozen vectors of format 1, read by the decoder that knows FORMAT.md alone."""

import json
import pathlib

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import decoder

FILE = pathlib.Path(__file__).parent.parent / "KeyVaultTests/Vectors/format-1.json"
VECTORS = json.loads(FILE.read_text())


def test_frozen_records_open():
    assert len(VECTORS["records"]) == 5
    for vector in VECTORS["records"]:
        record = decoder.SealedRecord.parse(bytes.fromhex(vector["record"]))
        place = [VECTORS["store"]] + [vector[name] for name in ("table", "owner", "column")]
        place += [vector["version"], record.sealed_generation]
        wrap_key = decoder.hkdf(
            bytes.fromhex(vector["store_key"]), "slipway/1 wrap key", VECTORS["store"].encode()
        )
        data = decoder.lp("slipway/1 data key", *place, record.wrapping_generation)
        data_key = AESGCM(wrap_key).decrypt(record.key_nonce, record.wrapped_key, data)
        data = decoder.lp("slipway/1 secret", *place)
        content = AESGCM(data_key).decrypt(record.nonce, record.ciphertext, data)
        assert decoder.unpadded(content) == bytes.fromhex(vector["secret"])


def test_frozen_unlockers_unwrap():
    for vector in VECTORS["unlockers"]:
        key = decoder.UnlockKey(bytes.fromhex(vector["secret"]))
        assert key.id == vector["id"]
        assert key.public_key.hex() == vector["public_key"]
        assert key.preshared_key.hex() == vector["preshared_key"]
        assert key.check_value(VECTORS["store"]).hex() == vector["check_value"]
        generation, store_key = key.unwrap(bytes.fromhex(vector["wrapped_key"]), VECTORS["store"])
        assert (generation, store_key.hex()) == (vector["generation"], vector["store_key"])
