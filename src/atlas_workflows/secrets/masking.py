"""Masks e-mail addresses, phone numbers and secrets, so that reports show where something is, never what it is."""

import re
from typing import Any

import re2

# RE2 and over bytes: an e-mail with an embedded picture costs a millisecond, not a quarter of a second.
_SECRET = re2.compile(
    rb"\b(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{6,}"  # Stripe
    rb"|\bwhsec_[A-Za-z0-9+/=_-]{6,}"
    rb"|\b[Bb]earer\s+[A-Za-z0-9._~+/=-]{8,}"
    rb"|\b[Bb]asic\s+(?:[A-Za-z0-9+/]{8,}=|[A-Za-z+/]*[0-9+/][A-Za-z0-9+/]{6,})"
    rb"|\b(?:AC|SK)[0-9a-f]{32}\b"  # Twilio
    rb"|\bxox[abeprs]-[A-Za-z0-9-]{8,}"  # Slack
    rb"|https://hooks\.slack\.com/services/[A-Za-z0-9/_-]{10,}"
    rb"|\bgh[pousr]_[A-Za-z0-9]{20,}"
    rb"|\bAKIA[0-9A-Z]{16}\b"
    rb"|\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"  # SendGrid
    rb"|\bre_[A-Za-z0-9]{8,}_?[A-Za-z0-9]{8,}"  # Resend
    rb"|\bAIza[0-9A-Za-z_-]{30,}"
    rb"|\bsk-[A-Za-z0-9_-]{20,}"
    rb"|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{6,}"  # JWT
    rb"|-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----|[\s\S]*)"
    rb"|://[^/\s:@\"'{}]*:[^/\s@\"'{}]+@"  # user and password in an address
    rb"|[?&](?:access_?token|auth_?token|token|api_?key|key|secret|client_secret|password|sig|signature)=[^&\s\"'#{}]{6,}"
)
# Letters of any script. A match begins where its word does: tried from every letter of a long one, it took minutes.
_EMAIL = re.compile(r"(?<![\w.%+-])([\w.%+-])[\w.%+-]*@([\w-])[\w-]*(?:\.[\w-]+)*(\.\w{2,})")
# 9 to 15 digits, with up to three separators between two of them: "(555) 123-4567", "+44 (0)20 7946 0958", "0171/123456".
_APART = r"[\s().\-/\u2010-\u2015]{0,3}"
_PHONE = rf"(?<![\w-])(?P<begin>\+?\d)(?:{_APART}\d){{6,12}}{_APART}(?P<end>\d{{2}})(?![\w-])"
# A date is taken first, so that it stays and a number behind it does not.
_DATE = r"(?<![\w+-])(?:19|20)\d{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?![\d-])"
_DATE_OR_PHONE = re.compile(f"{_DATE}|{_PHONE}")
HIDDEN = "•••"


def looks_secret(text: str) -> bool:
    """Whether a text looks like, or contains, a secret of a kind we know."""
    return _SECRET.search(text.encode("utf-8", "surrogatepass")) is not None


def _without_secrets(text: str) -> str:
    raw = text.encode("utf-8", "surrogatepass")
    if _SECRET.search(raw) is None:
        return text
    hidden: bytes = _SECRET.sub(HIDDEN.encode(), raw)
    return hidden.decode("utf-8", "surrogatepass")


def mask(text: str) -> str:
    """The text with personal data and secrets hidden; what is left tells the reader which one it was."""
    text = _without_secrets(text)
    if "@" in text:
        text = _EMAIL.sub(rf"\1{HIDDEN}@\2{HIDDEN}\3", text)
    return _DATE_OR_PHONE.sub(_masked_phone, text)


def mask_values(value: Any) -> Any:
    """`mask` for every text inside a JSON value."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {key: mask_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask_values(item) for item in value]
    return value


def hint(secret: str) -> str:
    """What may be shown of a secret: at most its last four characters, and never more than a quarter of it."""
    shown = min(4, len(secret) // 4)
    return HIDDEN + (secret[-shown:] if shown else "")


def _masked_phone(match: re.Match[str]) -> str:
    return f"{match['begin']}{HIDDEN}{match['end']}" if match["begin"] else match.group()
