"""A call of another system as it came in: bytes, before anybody believes a word of it."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import orjson

from atlas_workflows.errors import InvalidJson
from atlas_workflows.exact_json import is_deeper, loads_foreign, loads_unambiguous

FORM = "application/x-www-form-urlencoded"
MAX_BODY_BYTES = 1_048_576
MOST_FIELDS = 1000  # of a form or a query
MOST_CACHED = 128  # letters of a content type: what strangers send stays in a cache
MOST_DEPTH = 64  # of JSON
BODILESS = frozenset({"GET", "DELETE"})  # what these say stands in the query
_SPACED_KEY = re.compile(rb'"[ \t\r\n]+:')


class Call(NamedTuple):
    """`url`: what the caller was told to call, with this call's query; None where nobody configured it.

    Names of headers are in lower case. A header that came twice is in `repeated` and has no value.
    """

    method: str
    headers: Mapping[str, str]
    body: bytes
    query: str = ""
    url: str | None = None
    repeated: frozenset[str] = frozenset()

    @property
    def content_type(self) -> str:
        """The media type without its parameters, in lower case."""
        return media_type(self.headers.get("content-type", ""))

    def query_value(self, name: str) -> str | None:
        """A parameter of the query; None where it is not there, stands twice or cannot be read."""
        found = [value for key, value in form_pairs(self.query) or () if key == name]
        return found[0] if len(found) == 1 else None


def media_type(content_type: str) -> str:
    """What stands in front of the parameters, in lower case."""
    return (
        _known_type(content_type)
        if len(content_type) <= MOST_CACHED
        else _known_type.__wrapped__(content_type)
    )


@lru_cache(maxsize=64)
def _known_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def form_pairs(text: str) -> list[tuple[str, str]] | None:
    """The fields of a form or a query in their order; None where it is none."""
    if not text:
        return []
    try:
        return parse_qsl(
            text, keep_blank_values=True, max_num_fields=MOST_FIELDS, encoding="utf-8", errors="strict"
        )
    except ValueError:
        return None


def read_form(body: bytes) -> dict[str, Any]:
    """A form as an object; what stands several times is a list. Raises InvalidJson."""
    try:
        pairs = form_pairs(body.decode("utf-8"))
    except UnicodeDecodeError:
        pairs = None
    if pairs is None:
        raise InvalidJson(
            "The form cannot be read.",
            remedy=f"Send UTF-8 with at most {MOST_FIELDS} fields, percent-encoded.",
        )
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def read_json(body: bytes) -> Any:
    """The JSON of a body: UTF-8, no key twice in one object, not nested deeper than MOST_DEPTH, no exponent beyond bounds. Raises InvalidJson."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as cause:
        raise InvalidJson("The body is not UTF-8.", remedy="Send JSON in UTF-8.") from cause
    if is_deeper(body, MOST_DEPTH):
        raise InvalidJson(f"The JSON is nested deeper than {MOST_DEPTH} levels.", remedy="Flatten it.")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return loads_unambiguous(text)
    keys = _keys_in(value)
    if keys is None:
        value = loads_foreign(body)
        keys = _keys_in(value) or 0
    return value if _says_each_key_once(body, keys) else loads_unambiguous(text)


def _says_each_key_once(body: bytes, keys: int) -> bool:
    """Whether that is certain without reading the text again: as many colons as there are keys.

    Colons inside of texts can only make it more of them; then those behind a quote are counted, of which the same is true where no
    space stands between the two.
    """
    if body.count(b":") == keys:
        return True
    return body.count(b'":') == keys and _SPACED_KEY.search(body) is None


def _keys_in(value: Any) -> int | None:
    """How many keys its objects have; None where a float is in it: orjson makes one of every number that it cannot hold exactly,
    and to look for it on this way costs less than to search the text for such a number."""
    keys, left = 0, [[value]]
    while left:
        found = left.pop()
        for item in found:
            kind = type(item)
            if kind is dict:
                keys += len(item)
                left.append(item.values())
            elif kind is list:
                left.append(item)
            elif kind is float:
                return None
    return keys


def value_at(document: Any, path: str) -> str | None:
    """The text or number at a dotted path of a decoded body, as text; None where there is none."""
    found = found_at(document, path)
    if type(found) is str:
        return found or None
    if isinstance(found, bool) or found is None or isinstance(found, Mapping | list):
        return None
    return str(found) or None


def found_at(document: Any, path: str) -> Any:
    """The value at a dotted path of a decoded body; None where there is none."""
    for part in path.split("."):
        if isinstance(document, dict):
            document = document.get(part)
        elif (
            isinstance(document, list) and part.isascii() and part.isdigit() and int(part[:6]) < len(document)
        ):
            document = document[int(part[:6])]
        else:
            return None
    return document
