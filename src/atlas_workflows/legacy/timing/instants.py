"""The order of timestamps as PostgreSQL writes them in one zone: infinities, years before Christ and beyond 9999 included."""

import math
import re

_TIMESTAMP = re.compile(r"(\d{4,})-(\d\d-\d\d[ T]\d\d:.+?)( BC)?")
Order = tuple[float, str]


def order_of(text: str) -> Order | None:
    """A key that sorts like the instant; None where the text is no timestamp."""
    if text in ("infinity", "-infinity"):
        return (math.copysign(math.inf, -1 if text[0] == "-" else 1), "")
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        return None
    year, rest, before_christ = found.groups()
    # Within a year the texts of one zone sort like their instants: "+" sorts before "." and before digits.
    return (1 - int(year) if before_christ else int(year), rest)


def is_before(first: str | None, second: str | None) -> bool:
    """Whether the first instant lies before the second; False where one of them is none."""
    if first is None or second is None:
        return False
    one, other = order_of(first), order_of(second)
    return one is not None and other is not None and one < other
