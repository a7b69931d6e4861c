"""Names as people spell them, in one spelling: snake case."""

import re
from functools import lru_cache

_SEPARATORS = re.compile(r"[\s.\-/]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def normal(name: str) -> str:
    """ "Add/Remove Tags" -> add_remove_tags, "memberJoined" -> member_joined, "Send WhatsApp" -> send_whatsapp."""
    return _short_normal(name) if len(name) <= _LONGEST_NAME else _normal(name)


def _normal(name: str) -> str:
    words = _SEPARATORS.sub("_", _CAMEL.sub("_", name.strip())).lower()
    return words.replace("whats_app", "whatsapp")


_LONGEST_NAME = 80  # longer ones are customers' texts, which no cache should keep
_short_normal = lru_cache(maxsize=8192)(_normal)
