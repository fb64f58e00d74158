"""botocore must compute the signature that slipway computes, of requests nobody would think of."""

import hashlib
import random
import urllib.parse

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from probe import ACCESS_KEY_ID, SECRET, probe_path, sign

COUNT = 10_000
TIME = "20261124T180000Z"
PIECES = [
    "a", "B", "0", "-", "_", ".", "~", "/", "//", "..", "./", "../", " ", "  ", "+", "%", "%41",
    "%2F", "=", "&", "?", "#", ":", ";", ",", "@", "!", "$", "'", "(", ")", "*", "[", "]", "{", "}",
    "|", "\\", "^", "`", '"', "<", ">", "é", "ü", "日本", "😀", "e\u0301", "\u00a0", "ß", "Я",
]  # fmt: skip
HEADER_PIECES = ["a", "Z", "9", " ", "  ", "\t", ",", ";", "=", '"', "/", "-", "x y", "é", "日"]
NAMES = ["x-amz-meta-a", "X-Amz-Meta-B", "X-AMZ-ACL", "Content-Type", "Content-MD5", "My-Header",
         "cache-control", "Range"]  # fmt: skip


def text(random_, pieces, longest):
    return "".join(random_.choice(pieces) for _ in range(random_.randint(0, longest)))


def make_order(random_):
    service = random_.choice(["s3", "codedeploy", "sts", "execute-api"])
    names = random_.sample(NAMES, random_.randint(0, 4))
    # Some twice, in different places.
    names += random_.sample(names, random_.randint(0, len(names)))
    random_.shuffle(names)
    query = []
    for _ in range(random_.choice([0, 0, 1, 2, 5])):
        name = text(random_, PIECES, 4) or random_.choice(["uploads", "partNumber"])
        query.append([name, random_.choice([None, "", text(random_, PIECES, 5)])])
    query += random_.sample(query, random_.randint(0, len(query)))
    payload = hashlib.sha256(text(random_, PIECES, 5).encode()).hexdigest()
    return {
        "method": random_.choice(["GET", "PUT", "POST", "DELETE", "HEAD"]),
        "path": "/" + text(random_, PIECES, 12),
        "query": query,
        "headers": [
            ["Host", random_.choice(["b.s3.amazonaws.com", "127.0.0.1:4566", "a.example:8443"])],
            *([name, text(random_, HEADER_PIECES, 6)] for name in names),
        ],
        "payload": random_.choice([payload, "UNSIGNED-PAYLOAD"]) if service == "s3" else payload,
        "region": random_.choice(["us-east-1", "cn-north-1", "eu-west-3"]),
        "service": service,
        "time": TIME,
        "access_key_id": ACCESS_KEY_ID,
        "secret": random_.choice([SECRET, "s/+=é"]),
        "token": random_.choice([None, "FwoGZXIvYXdzEXAMPLE+token/==", "a b"]),
    }


def quoted(value, safe=""):
    return urllib.parse.quote(value.encode(), safe=safe + "-._~")


class Pinned:
    """botocore's signers, at a time and with a hash that are given."""

    def __init__(self, order):
        self.order = order
        credentials = Credentials(ACCESS_KEY_ID, order["secret"], order["token"])
        arguments = [credentials, order["service"], order["region"]]
        base = S3SigV4Auth if order["service"] == "s3" else SigV4Auth
        if "presign" in order:
            arguments.append(order["presign"])
            base = S3SigV4QueryAuth
        hash_ = order["payload"]
        self.auth = type("Auth", (base,), {"payload": lambda *_: hash_})(*arguments)

    def signature(self):
        order = self.order
        target = quoted(order["path"], safe="/")
        pairs = [
            quoted(name) + ("" if value is None else "=" + quoted(value))
            for name, value in order["query"]
        ]
        # botocore reads a name without "=" as one with an empty value.
        if pairs:
            target += "?" + "&".join(pairs)
        host = dict(order["headers"])["Host"]
        request = AWSRequest(method=order["method"], url=f"https://{host}{target}")
        for name, value in order["headers"]:
            request.headers.add_header(name, value)
        request.context["timestamp"] = TIME
        self.auth._modify_request_before_signing(request)
        canonical = self.auth.canonical_request(request)
        return target, canonical, self.auth.signature(
            self.auth.string_to_sign(request, canonical), request
        )


@pytest.mark.parametrize("seed", range(10))
def test_requests_are_signed_as_botocore_signs_them(pytestconfig, seed):
    random_ = random.Random(seed)
    orders = [make_order(random_) for _ in range(COUNT // 10)]
    results = sign(probe_path(pytestconfig), orders)
    assert len(results) == len(orders)
    for order, result in zip(orders, results, strict=True):
        target, canonical, signature = Pinned(order).signature()
        assert result["target"] == target
        assert result["canonical"] == canonical
        assert result["signature"] == signature
        assert result["verifies"]


def test_objects_are_presigned_as_botocore_presigns_them(pytestconfig):
    random_ = random.Random(99)
    orders = []
    for _ in range(500):
        order = make_order(random_)
        # Its presigner moves headers and repeated names about; those are judged above.
        order |= {"service": "s3", "payload": "UNSIGNED-PAYLOAD", "presign": 3600}
        order["query"] = []
        order["headers"] = order["headers"][:1]
        orders.append(order)
    for order, result in zip(orders, sign(probe_path(pytestconfig), orders), strict=True):
        _, canonical, signature = Pinned(order).signature()
        assert result["canonical"] == canonical
        assert result["signature"] == signature
