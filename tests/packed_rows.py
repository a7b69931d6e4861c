"""What a report's page holds packed, as its script unpacks it: a search for texts in the page alone would not find them."""

import re
import zlib
from base64 import b64decode
from typing import Any

from atlas_workflows.exact_json import loads


def packed(page: str, name: str = "rows") -> list[dict[str, Any]]:
    """The rows of a list: rows, shadowed or scheduled."""
    found = re.search(f'id="packed-{name}">([^<]*)<', page)
    assert found, f"the page has no list {name}"
    return list(loads(zlib.decompress(b64decode(found[1]), wbits=31)))
