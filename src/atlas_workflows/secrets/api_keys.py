"""What a key to the HTTP API looks like: a mark, 32 random letters and digits, and six that say whether it was copied whole. Pure."""

import hashlib
import re
import secrets
import zlib
from dataclasses import dataclass, field

MARK = "atlas_"
SHOWN = 12  # letters by which people tell keys apart; six of them are random
RANDOM, CHECK = 32, 6
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FORM = re.compile(rf"{MARK}[0-9A-Za-z]{{{RANDOM + CHECK}}}")


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as its owner gets it, once, and what is kept of it."""

    text: str = field(repr=False)

    @property
    def prefix(self) -> str:
        return self.text[:SHOWN]

    @property
    def hash(self) -> bytes:
        return hash_of(self.text)


def mint() -> NewKey:
    """A new key."""
    body = MARK + "".join(secrets.choice(_DIGITS) for _ in range(RANDOM))
    return NewKey(body + _check_of(body))


def is_api_key(text: str) -> bool:
    """Whether a text was made by `mint`: one that was cut short or mistyped is not, and costs no look into the database."""
    return _FORM.fullmatch(text) is not None and text[-CHECK:] == _check_of(text[:-CHECK])


def hash_of(text: str) -> bytes:
    """What is kept of a key, and found by."""
    return hashlib.sha256(text.encode()).digest()


def _check_of(body: str) -> str:
    rest, digits = zlib.crc32(body.encode()), ""
    for _ in range(CHECK):
        rest, digit = divmod(rest, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
