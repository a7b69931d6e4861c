"""Masks e-mail addresses, phone numbers and secrets, so that reports show where something is, never what it is."""

import re
from typing import Any

from atlas_workflows.secrets.phones import HIDDEN, hide_phones
from atlas_workflows.secrets.recognition import looks_secret, secret_spans

__all__ = ["HIDDEN", "hide_secrets", "hint", "looks_secret", "mask", "mask_values"]

# Letters of any script, the at sign as an address on the web writes it too. A match begins where its word does: tried
# from every letter of a long one, it took minutes.
_AT = "(?:@|%40|&#0?64;|&commat;)"
_EMAIL = re.compile(
    rf"(?<![\w.%+-])([\w.+-])(?:(?!%40)[\w.%+\-'])*?{_AT}([\w-])[\w-]*(?:\.[\w-]+)*(\.\w{{2,}})"
)
_QUOTED_EMAIL = re.compile(rf'\\?"(?:[^"\\\r\n]|\\.){{1,64}}\\?"{_AT}([\w-])[\w-]*(?:\.[\w-]+)*(\.\w{{2,}})')


def hide_secrets(text: str) -> str:
    """The text with the secrets of every form we know hidden; all else stays."""
    raw = text.encode("utf-8", "surrogatepass")
    spans = secret_spans(raw)
    if not spans:
        return text
    parts, at = [], 0
    for begin, end in spans:
        parts += [raw[at:begin], HIDDEN.encode()]
        at = end
    return b"".join((*parts, raw[at:])).decode("utf-8", "surrogatepass")


def mask(text: str) -> str:
    """The text with personal data and secrets hidden; what is left tells the reader which one it was."""
    text = hide_secrets(text)
    if "@" in text or "%40" in text or "&" in text:
        text = _QUOTED_EMAIL.sub(rf"{HIDDEN}@\1{HIDDEN}\2", text)
        text = _EMAIL.sub(rf"\1{HIDDEN}@\2{HIDDEN}\3", text)
    return hide_phones(text)


def mask_values(value: Any) -> Any:
    """`mask` for every text inside a JSON value, and for its keys."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {mask(key) if isinstance(key, str) else key: mask_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask_values(item) for item in value]
    return value


def hint(secret: str) -> str:
    """What may be shown of a secret: at most its last four characters, and never more than a quarter of it."""
    shown = min(4, len(secret) // 4)
    return HIDDEN + (secret[-shown:] if shown else "")
