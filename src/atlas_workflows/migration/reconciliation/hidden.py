"""Texts out of which a secret was taken: what is left of them must stand in the source. Pure."""

HIDDEN = "•••"


def is_rest_of(shown: str, text: str) -> bool:
    """Whether `shown` is `text` with parts hidden: what was left of it stands there in this order, from end to end."""
    if HIDDEN not in shown:
        return False
    first, *inner, last = shown.split(HIDDEN)
    if not (text.startswith(first) and text.endswith(last)):
        return False
    at = len(first)
    for part in inner:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return at <= len(text) - len(last)
