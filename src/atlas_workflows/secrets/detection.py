"""Finds secrets by the names they go under and by what they look like.

One linear scan (RE2) over a row's raw text decides whether the walk over its values is needed at all; Python's own
`re` took a millisecond for the same scan, RE2 a hundredth of that.
"""

import re
from typing import Any

import re2

from atlas_workflows.names import normal
from atlas_workflows.secrets.masking import looks_secret

# Names in snake case. "max_tokens" counts tokens of a model and "token_count" likewise.
_SECRET_NAME = re.compile(
    r"(?:^|.*_)(?:secret|secret_key|secretkey|password|passwd|pwd|passphrase|token|apikey|api_key|api_secret|private_key"
    r"|access_key|auth_key|signing_key|authorization|auth_header|credential|credentials|smtp_pass|pass|bearer)"
)
# What may be a secret, in raw text and any case: all that `looks_secret` knows, and more. A line break is an escape there.
SECRET_HINTS = (
    rb"secret|token|passw|pwd|passphrase|_pass|smtppass|pass\"|api[ _-]?key|access[_-]?key|auth|private[ _-]?key|signing|credential|bearer"
    rb"|(?:sk|pk|rk)_(?:live|test)_|sk-[a-z0-9_-]{20}|akia[0-9a-z]{16}|xox[abeprs]-|gh[pousr]_|whsec_|(?:\b|\\[nrt])re_[a-z0-9]{8}|basic\s+[a-z0-9+/=]{8}"
    rb"|sg\.[a-z0-9_-]{16}|(?:\b|\\[nrt])(?:ac|sk)[0-9a-f]{32}|eyj[a-z0-9_-]{10,}\.|aiza[0-9a-z_-]{30}|://[^/\s:@\"]*:[^/\s@\"]+@"
    rb"|[?&](?:key|sig|signature)=|hooks\.slack\.com/services/|is_?(?:secret|sensitive)"
)


def _secret_hints_pattern() -> Any:
    options = re2.Options()
    options.case_sensitive = False
    return re2.compile(SECRET_HINTS, options)


_SECRET_HINTS_PATTERN = _secret_hints_pattern()
_TEMPLATE_ONLY = re.compile(r"\s*\{\{[^{}]*\}\}\s*")
_SHORTEST = 1


def may_hold_secret(text: bytes) -> bool:
    """Whether raw text could hold a secret; false is certain, true means: look closely."""
    return _SECRET_HINTS_PATTERN.search(text) is not None


def is_secret_name(name: str) -> bool:
    """Whether a setting of this name holds a secret."""
    return _SECRET_NAME.fullmatch(normal(name)) is not None


def holds_secret(value: Any, *, named: bool = False) -> bool:
    """Whether any text or number inside is a secret, by name or by looks; true wherever `seal_values` takes one out."""
    if type(value) is str:
        return is_secret(value, named)
    if type(value) is dict:
        pair = names_itself(value)
        return any(
            holds_secret(item, named=is_secret_name(key) or (pair and key == "value"))
            for key, item in value.items()
        )
    if type(value) is list:
        return any(holds_secret(item, named=named) for item in value)
    return named and is_pin(value)


def names_itself(value: dict[str, Any]) -> bool:
    """{key|name: "Authorization", value: …}, as headers and variables are listed."""
    if any(value.get(mark) in (True, "true", "yes") for mark in ("isSecret", "is_secret", "is_sensitive")):
        return True
    name = value.get("key", value.get("name", value.get("field")))
    return isinstance(name, str) and "value" in value and is_secret_name(name)


def is_pin(value: Any) -> bool:
    """Whether a value under a secret's name is a secret that was typed as a number, and no count or flag."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1000


def is_secret(text: str, named: bool) -> bool:
    if (
        named
        and len(text) >= _SHORTEST
        and not _TEMPLATE_ONLY.fullmatch(text)
        and text.lower() not in _NO_SECRETS
    ):
        return True
    return len(text) >= 8 and looks_secret(text)


_NO_SECRETS = frozenset(
    {"true", "false", "none", "null", "basic", "bearer", "oauth", "oauth2", "api_key", "apikey", "header"}
)
