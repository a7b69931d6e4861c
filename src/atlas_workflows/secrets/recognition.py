"""Where in a text secrets stand: the forms of vendors' tokens, `KEY=…` lines, headers and query parameters.

RE2 and over bytes: an e-mail with an embedded picture costs a millisecond, not a quarter of a second.
"""

from collections.abc import Iterator
from typing import Any

import re2

from atlas_workflows.secrets.secret_names import is_secret_name
from atlas_workflows.secrets.vendor_tokens import APART, BEGIN, FORMS, MARKED

# Parts of names under which secrets go; the whole name is judged by secret_names.
_NAME_PARTS = (
    rb"secret|token|passw|passphrase|passcode|kennwort|pswd|psswd|pwd|motdepasse|contrase|senha|wachtwoord|jwt|bearer|auth|credential|creds"
    rb"|key|conn(?:ection)?[_-]?(?:string|str|uri)|cookie|session[_-]?id|code|cvv|cvc|card[_-]?number|pin|otp|pass|psk|pw|dsn"
)
_ASSIGNED = (
    rb"(?i)([a-z0-9_.\-]*(?:"
    + _NAME_PARTS
    + rb")[a-z0-9_.\-]*)([\"'\]\\]{0,4}\s{0,3})(=>|:=|=|:)(\s{0,3})([\"'\\]{0,4})([^\s\"'<>&;,{}\\]{4,})"
)
_IN_ADDRESS = rb"[?&;](?i:key|sig|signature|code|hash|h|auth)=[^&\s\"'#{}]{16,}"
_FORMS = [form for forms in FORMS.values() for form in forms]
_TOKEN = re2.compile(b"|".join((*_FORMS, _IN_ADDRESS)))
_MARKED = [(marks, re2.compile(form)) for marks, form, _ in MARKED.values()]
_ASSIGNMENT = re2.compile(_ASSIGNED)
_DIGIT = re2.compile(rb"[0-9]")
NO_SECRETS = frozenset(
    {"true", "false", "none", "null", "undefined", "basic", "bearer", "oauth", "oauth2", "api_key", "apikey", "api-key", "header", "headers", "digest",
     "jwt", "hmac", "ntlm", "token", "required", "optional", "disabled", "enabled", "default", "inherit", "saml", "no", "yes", "password", "string",
     "number", "integer", "boolean", "object", "array", "text"}
)  # fmt: skip


def token_hints() -> bytes:
    """One expression for raw JSON text that finds wherever a form may stand; a line break is an escape there."""
    loose = (form.replace(APART, b"").replace(BEGIN, b"").replace(rb"\b", b"") for form in _FORMS)
    return b"|".join((*loose, *(hint for _, _, hint in MARKED.values()), _IN_ADDRESS))


# One look that says for nearly every text that there is none; the three below are taken only where it finds something.
_FIRST_LOOK = re2.compile(
    token_hints() + b"|(?i:(?:" + _NAME_PARTS + rb")[a-z0-9_.\-]*[\"'\]\\]{0,4}\s{0,3}[:=])"
)
_SHORTEST = 8


def looks_secret(text: str) -> bool:
    """Whether a text looks like, or contains, a secret of a kind we know."""
    if len(text) < _SHORTEST:
        return False
    raw = text.encode("utf-8", "surrogatepass")
    if _FIRST_LOOK.search(raw) is None:
        return False
    return _TOKEN.search(raw) is not None or any(_marked(raw)) or any(_assigned(raw))


def secret_spans(raw: bytes) -> list[tuple[int, int]]:
    """Where secrets stand, in order and without overlap."""
    if len(raw) < _SHORTEST or _FIRST_LOOK.search(raw) is None:
        return []
    found = sorted([*(match.span() for match in _TOKEN.finditer(raw)), *_marked(raw), *_assigned(raw)])
    apart: list[tuple[int, int]] = []
    for begin, end in found:
        if apart and begin < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((begin, end))
    return apart


def _marked(raw: bytes) -> Iterator[tuple[int, int]]:
    for marks, form in _MARKED:
        if any(mark in raw for mark in marks):
            yield from (match.span() for match in form.finditer(raw))


def _assigned(raw: bytes) -> Iterator[tuple[int, int]]:
    """Values that a name says are secret: PGPASSWORD=…, "apiKey": "…", X-Api-Key: …"""
    for match in _ASSIGNMENT.finditer(raw):
        if _is_assigned(match):
            yield match.span(6)


def _is_assigned(match: Any) -> bool:
    name, value = match[1].decode("ascii").strip("-."), match[6].decode("utf-8", "replace")
    if not is_secret_name(name) or value.lower().rstrip(".,)") in NO_SECRETS:
        return False
    if match[5] or _DIGIT.search(match[6]) is not None:
        return True  # in quotes, or with a digit: no word of a sentence
    if match[3] == b":":
        return "-" in name or name.lower() in ("authorization", "cookie")
    return not match[2].strip() and not match[4]  # spaces make it code: token = response.token
