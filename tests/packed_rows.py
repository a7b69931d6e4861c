"""What a report's page holds packed, as its script unpacks it: a search for texts in the page alone would not find them."""

import re
import zlib
from base64 import b64decode
from typing import Any

from atlas_workflows.exact_json import loads


def packed(page: str, name: str = "rows") -> list[dict[str, Any]]:
    """The rows of a list: rows, shadowed or scheduled; those of the first with what is shown when one is opened."""
    (rows,) = _unpacked(page, name)
    if name != "rows":
        return rows
    details = [row for part in _unpacked(page, "details") for row in part]
    assert len(details) == len(rows)
    return [{**row, **detail} for row, detail in zip(rows, details, strict=True)]


def everything_in(page: bytes) -> bytes:
    """The page, and behind it all that it holds packed."""
    lists = re.findall(rb'id="packed-[a-z]+"[^>]*>([^<]*)<', page)
    return b"\n".join(
        [page, *(zlib.decompress(b64decode(line), wbits=31) for found in lists for line in found.split())]
    )


def _unpacked(page: str, name: str) -> list[list[dict[str, Any]]]:
    found = re.search(f'id="packed-{name}"[^>]*>([^<]*)<', page)
    assert found, f"the page has no list {name}"
    return [list(loads(zlib.decompress(b64decode(line), wbits=31))) for line in found[1].split()]
