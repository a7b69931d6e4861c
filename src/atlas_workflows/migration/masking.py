"""Hides e-mail addresses, phone numbers and long tokens in texts that reports and logs show."""

import re

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w-])\+?\d[\d ()./-]{6,}\d(?![\w-])")
_TOKEN = re.compile(
    r"\b(?:sk|pk|rk|whsec|xox[abprs]|ghp|gho|eyJ)[-_A-Za-z0-9.]{8,}|\b(?=[A-Za-z0-9_]*\d)(?=[A-Za-z0-9_]*[A-Za-z])[A-Za-z0-9_]{28,}\b"
)
_UUID = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
_INSTANT = re.compile(r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")


def masked(text: str) -> str:
    """The text with what could identify or harm somebody hidden; keys (UUIDs) and dates stay readable."""
    kept: list[str] = []

    def put_aside(match: re.Match[str]) -> str:
        kept.append(match.group())
        return f"\x00{len(kept) - 1}\x00"

    hidden = _INSTANT.sub(put_aside, _UUID.sub(put_aside, text))
    hidden = _EMAIL.sub(_mask_email, hidden)
    hidden = _TOKEN.sub("•••", hidden)
    hidden = _PHONE.sub(lambda match: "•••" + match.group()[-2:], hidden)
    return re.sub(r"\x00(\d+)\x00", lambda match: kept[int(match.group(1))], hidden)


def masked_value(value: object) -> object:
    """JSON-able data with every text in it masked."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {key: masked_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked_value(item) for item in value]
    return value


def _mask_email(match: re.Match[str]) -> str:
    name, _, domain = match.group().partition("@")
    return f"{name[:1]}•••@{domain.rpartition('.')[2] and '•••.' + domain.rpartition('.')[2]}"
