"""Finds secrets by the names they go under and by what they look like.

One linear scan (RE2) over a row's raw text decides whether the walk over its values is needed at all; Python's own
`re` took a millisecond for the same scan, RE2 a hundredth of that.
"""

import re
from collections.abc import Iterator
from typing import Any

import re2

from atlas_workflows.secrets.recognition import NO_SECRETS, looks_secret, token_hints
from atlas_workflows.secrets.secret_names import (
    LABELS,
    QUALIFIERS,
    is_container_of_secrets,
    is_secret_name,
    is_value_name,
)

__all__ = ["SECRET_HINTS", "holds_secret", "is_secret", "is_secret_name", "may_hold_secret"]

# What may be a secret, in raw text and any case: the names that `is_secret_name` knows, and all forms of tokens.
_NAME_HINTS = (
    rb"secret|token|passw|pass[_ -]?(?:phrase|code|word)|(?:_|\b|[a-z])pass[0-9_-]*\\?[\"'=:]|pass\"|kennwort|pswd|psswd|pwd|mot.?de.?passe"
    rb"|contrase|senha|wachtwoord|\bpw|_pw|[a-z0-9]pw\\?\"|bearer|credential|creds|jwt|auth(?:[^o]|or[^s\" ])"
    rb"|(?:api|private|access|signing|signature|encryption|master|account|license|subscription|service|server|client|consumer|app|application"
    rb"|webhook|session|ssh|integration|shared|function|deploy|developer|publishable|restricted|hmac|aes|rsa|pgp|[&?;])[ _.0-9-]*key"
    rb"|conn(?:ection)?[ _.0-9-]*(?:string|str|uri)|cookie|session[ _.0-9-]*id|(?:recovery|backup|verification|security|access|door|gate|pin|otp|mfa)"
    rb"[ _.0-9-]*code|card[ _.0-9-]*number|cvv|cvc|dsn|psk|pkcs|otp|pin(?:[0-9 _.-]|"
    + b"|".join(word.encode() for word in sorted(QUALIFIERS))
    + rb"){0,4}\\{0,3}[\"'=:]"
    rb"|[?&;](?:key|sig|signature|code|hash|h)=|is_?(?:secret|sensitive)"
)
SECRET_HINTS = rb"(?i:" + _NAME_HINTS + rb")|" + token_hints()
_SECRET_HINTS = re2.compile(SECRET_HINTS)
# Escapes that may hide a form from the scan: a slash, or a letter written by its number.
ESCAPE_HINTS = rb"\\/|\\u00[2-7]|\\\\u00"
_ESCAPES = re2.compile(ESCAPE_HINTS)
_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}")
_NO_WORD = re.compile(r"[\W_]+")
_SHORTEST_LOOK = 8
_LONGEST_LABEL = 80
_MARKS = ("isSecret", "is_secret", "is_sensitive", "isSensitive", "sensitive", "secret")
_TYPES = frozenset({"password", "secret", "passwd"})


def may_hold_secret(text: bytes) -> bool:
    """Whether raw text could hold a secret; false is certain, true means: look closely."""
    return _SECRET_HINTS.search(text) is not None or _ESCAPES.search(text) is not None


def named_members(value: dict[str, Any], named: bool = False) -> Iterator[tuple[str, Any, bool]]:
    """Every member, and whether a name says that it is a secret: its own, its label's, or the one of what is around."""
    pair = names_itself(value)
    for key, item in value.items():
        yield key, item, is_secret_name(key) or ((named or pair) and (is_value_name(key)))


def holds_secret(value: Any, *, named: bool = False, whole: bool = False) -> bool:
    """Whether any text, number or key inside is a secret, by name or by looks; true wherever one would be taken out."""
    if type(value) is str:
        return is_secret(value, named or whole)
    if type(value) is dict:
        return any(
            looks_secret(key)
            or holds_secret(item, named=is_named or whole, whole=whole or is_container_of_secrets(key))
            for key, item, is_named in named_members(value, named)
        )
    if type(value) is list:
        return any(
            holds_secret(item, named=named or is_pair(value, at), whole=whole)
            for at, item in enumerate(value)
        )
    return (named or whole) and is_pin(value)


def names_itself(value: dict[str, Any]) -> bool:
    """{key|name|header: "Authorization", value: …}, as headers and variables are listed; or what is marked as secret."""
    if any(value.get(mark) in (True, "true", "yes") for mark in _MARKS):
        return True
    if any(value.get(kind) in _TYPES for kind in ("type", "inputType", "input_type")):
        return True
    return any(_is_label(value.get(label)) for label in LABELS)


def is_pair(value: list[Any], at: int) -> bool:
    """["Authorization", …]: a list of two, the first of which names the second."""
    return at == 1 and len(value) == 2 and _is_label(value[0])


def is_pin(value: Any) -> bool:
    """Whether a value under a secret's name is a secret that was typed as a number, and no count or flag."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1000


def is_secret(text: str, named: bool) -> bool:
    """Whether the text is, or contains, a secret; `named`: it stands under a secret's name."""
    if named and text and not _says_nothing(text):
        return True
    return len(text) >= _SHORTEST_LOOK and looks_secret(text)


def _says_nothing(text: str) -> bool:
    """Whether it is a placeholder, a word for none, or the kind of a secret: "Bearer {{token}}", "none"."""
    rest = _TEMPLATE.sub(" ", text).strip().lower()
    return rest in NO_SECRETS or not _NO_WORD.sub("", rest)


def _is_label(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_LABEL and is_secret_name(value)
