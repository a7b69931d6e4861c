"""What a verification scheme is: data on where a provider puts its signature and over what it is made, and the few ways to check one."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from atlas_workflows.integrations.webhooks.call import Call, found_at, value_at

MINUTES_5 = 300
BLOCK = 64  # bytes
_INNER, _OUTER = (bytes(byte ^ mask for byte in range(256)) for mask in (0x36, 0x5C))
MOST_SIGNATURES = 16  # of one call: whoever sends thousands wants our time


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a call: a header, or a dotted path of the body."""

    where: Literal["header", "body"]
    name: str

    def read(self, call: Call, body: Any) -> str | None:
        """What stands there, None where nothing does."""
        if self.where == "header":
            return call.headers.get(self.name) or None
        return value_at(body, self.name)

    def take(self, call: Call, body: Any) -> Any:
        """The value itself, whatever it is; None where nothing stands."""
        return call.headers.get(self.name) if self.where == "header" else found_at(body, self.name)


def in_header(name: str) -> Place:
    """A header, its name in lower case."""
    return Place("header", name)


def in_body(path: str) -> Place:
    """A dotted path of the decoded body."""
    return Place("body", path)


class Claim(NamedTuple):
    """What a call says of itself: the bytes that were signed, the signatures it brings, when it was made (Unix seconds), and an
    id among what was signed."""

    signed: bytes
    signatures: tuple[bytes, ...]
    at: float | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the provider wants to hear once a delivery is stored."""

    status: int = 200
    content_type: str = "application/json"
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """Headers of a call of our own making: {at} and {milliseconds} are its time, {id} is its id, {event} its event, {signature}
    the signature. `form`: the body is one. `in_body`: the signature stands in the body, as Mailgun's does. `time`: the member of the
    body that tells the time, where no header does."""

    headers: Mapping[str, str]
    form: bool = False
    in_body: bool = False
    time: str | None = None


@dataclass(frozen=True, slots=True)
class Scheme:
    """One provider's way to sign.

    `read` finds the claim in a call, None where there is none that can be read; it never raises. `key` makes the key from the
    secret's text, None where it cannot be one. `matches` compares in constant time. `tolerance` is how many seconds a signed time
    may be off; None where it is not looked at unless an endpoint asks for it, which needs `tells_time`. `delivery` is where the
    id of a delivery stands that the signature covers; without one the body, or all that was signed, is the id, for `same_for`
    seconds (None: as long as deliveries are remembered). `shown_id` is an id that is not signed: kept, never trusted. `challenge`
    answers a GET that only asks whether the endpoint is ours, `asks` a signed call that does. `sample` says how a call of our own
    making is signed, to try an endpoint; None where only the provider can.
    """

    name: str
    title: str
    documentation: str
    read: Callable[[Call], Claim | None]
    matches: Callable[[bytes, bytes, bytes], bool]
    key: Callable[[str], bytes | None]
    tolerance: int | None = None
    tells_time: bool = False
    delivery: Place | None = None
    shown_id: Place | None = None
    repeats: Literal["body", "signed"] = "body"
    same_for: int | None = None
    event: tuple[Place, ...] = ()
    signs_url: bool = False
    secret_is_theirs: bool = True
    asks: Callable[[Call], str | None] | None = None
    challenge: Callable[[Call, tuple[str, ...]], str | None] | None = None
    reply: Reply = Reply()
    sample: "Sample | None" = None


def plain_key(secret: str) -> bytes | None:
    """The secret's own letters."""
    return secret.encode("utf-8", "surrogatepass") or None


@lru_cache(maxsize=1_024)
def _keyed(key: bytes, digest: str) -> tuple[Any, Any]:
    """The two halves of an HMAC with the key already in them: what OpenSSL does anew for every call otherwise."""
    made = key if len(key) <= BLOCK else hashlib.new(digest, key).digest()
    padded = made.ljust(BLOCK, b"\0")
    return hashlib.new(digest, padded.translate(_INNER)), hashlib.new(digest, padded.translate(_OUTER))


def mac(key: bytes, signed: bytes, digest: str) -> bytes:
    """RFC 2104, for the digests with blocks of 64 bytes (SHA-1, SHA-256)."""
    inner, outer = _keyed(key, digest)
    inner, outer = inner.copy(), outer.copy()
    inner.update(signed)
    outer.update(inner.digest())
    made: bytes = outer.digest()
    return made


def hex_hmac(digest: str) -> Callable[[bytes, bytes, bytes], bool]:
    """The signature is an HMAC in hexadecimal, in either case."""

    def matches(key: bytes, signed: bytes, signature: bytes) -> bool:
        made = mac(key, signed, digest).hex().encode()
        return hmac.compare_digest(made, signature.lower())

    return matches


def base64_hmac(digest: str) -> Callable[[bytes, bytes, bytes], bool]:
    """The signature is an HMAC in base64."""

    def matches(key: bytes, signed: bytes, signature: bytes) -> bool:
        made = base64.b64encode(mac(key, signed, digest))
        return hmac.compare_digest(made, signature)

    return matches


def ecdsa(key: bytes, signed: bytes, signature: bytes) -> bool:
    """The signature is one of ECDSA over SHA-256 in base64; the key is the provider's public one (DER)."""
    try:
        public = load_der_public_key(key)
        if not isinstance(public, EllipticCurvePublicKey):
            return False
        public.verify(base64.b64decode(signature, validate=True), signed, ECDSA(SHA256()))
    except (ValueError, TypeError, binascii.Error, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def public_key(secret: str) -> bytes | None:
    """A public key as providers print it: base64 of DER, with or without the lines around it."""
    lines = (line.strip() for line in secret.strip().splitlines() if not line.startswith("-----"))
    key = base64_bytes("".join(lines))
    if key is None:
        return None
    try:
        found = load_der_public_key(key)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(found, EllipticCurvePublicKey) else None


def base64_bytes(text: str) -> bytes | None:
    """The bytes of a base64 text; None where it is none, or empty."""
    try:
        return base64.b64decode(text.encode("ascii"), validate=True) or None
    except (ValueError, binascii.Error):
        return None


def signature_header(call: Call, name: str, prefix: str = "") -> bytes | None:
    """A header's value without its prefix; None where it is missing, repeated, or begins otherwise."""
    value = call.headers.get(name)
    if not value or not value.startswith(prefix):
        return None
    return value[len(prefix) :].strip().encode("utf-8", "surrogateescape") or None


def seconds(text: str | None, *, per_second: int = 1) -> float | None:
    """A Unix time of decimal digits; None for anything else."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 16:
        return None
    return int(text) / per_second
