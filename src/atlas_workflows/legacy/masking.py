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
_EMAIL = re.compile(
    r"([A-Za-z0-9._%+-])[A-Za-z0-9._%+-]*@([A-Za-z0-9-])[A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)*(\.[A-Za-z]{2,})"
)
# A plus or a leading zero, then 8 to 14 further digits with the usual separators.
_PHONE = re.compile(r"(?<![\w-])(\+?\d)(?:[\s().-]?\d){6,12}[\s().-]?(\d{2})(?![\w-])")
_DATE_LIKE = re.compile(r"\d{4}-\d{2}-\d{2}")
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
    return _PHONE.sub(_masked_phone, text)


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
    if _DATE_LIKE.search(match.group()):
        return match.group()
    return f"{match[1]}{HIDDEN}{match[2]}"
