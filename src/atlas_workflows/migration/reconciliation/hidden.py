"""Texts and ids out of which a secret was taken: what is left of them must stand in the source. Pure."""

import re
from collections.abc import Iterable

HIDDEN = "•••"
# What was hidden may be told apart by a few digits of a keyed hash.
_CUT = re.compile(HIDDEN + "(?:[0-9a-f]{8}•)?")


def is_rest_of(shown: str, text: str) -> bool:
    """Whether `shown` is `text` with parts hidden: what was left of it stands there in this order, from end to end."""
    if HIDDEN not in shown:
        return False
    first, *inner, last = _CUT.split(shown)
    if not (text.startswith(first) and text.endswith(last)):
        return False
    at = len(first)
    for part in inner:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return at <= len(text) - len(last)


def hidden_ids(told: Iterable[str], arrived: Iterable[str]) -> dict[str, str]:
    """For ids that did not arrive as they were, in their order, the id that has the rest of them; each is used once."""
    here = list(dict.fromkeys(arrived))
    there = set(here)
    free = [name for name in here if HIDDEN in name]
    found = {}
    for name in dict.fromkeys(told):
        if name in there:
            continue
        match = next((shown for shown in free if is_rest_of(shown, name)), None)
        if match is not None:
            free.remove(match)
            found[name] = match
    return found
