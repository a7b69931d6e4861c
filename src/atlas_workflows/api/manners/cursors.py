"""Where a page of a list ended, as an opaque text; one that we did not make is refused by name. Pure."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from atlas_workflows.api.manners.problems import invalid

Place = tuple[datetime, str]  # the time of a row and its id


def cursor_of(listed: str, at: datetime, named: str) -> str:
    """The place behind a row of a list: its time and its id."""
    text = json.dumps([listed, at.isoformat(), named], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def place_of(listed: str, cursor: str | None) -> Place | None:
    """The place that a cursor of this list names. Raises HttpProblem for anything that `cursor_of` does not make."""
    if cursor is None:
        return None
    try:
        name, at, named = _parts(cursor)
        instant = datetime.fromisoformat(at)
        if name != listed or instant.tzinfo is None or cursor_of(listed, instant, str(UUID(named))) != cursor:
            raise ValueError(cursor)
    except (ValueError, TypeError, AttributeError, binascii.Error):
        raise invalid("cursor", "This is no place in this list.", "Give `next` of the page before.") from None
    return instant, named


def page(
    listed: str, found: Sequence[Any], limit: int, at: str, named: str, *, end: Place | None = None
) -> dict[str, Any]:
    """A page out of one row more than was asked for; `at` and `named` are the attributes that the list is ordered by.

    `end` is how far the list was looked at, where others may fit behind it.
    """
    shown = found[:limit]
    last = (getattr(shown[-1], at), getattr(shown[-1], named)) if len(found) > limit else end
    return {"items": shown, "next": None if last is None else cursor_of(listed, *last)}


def _parts(cursor: str) -> list[str]:
    padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
    found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    return [str(part) for part in found]
