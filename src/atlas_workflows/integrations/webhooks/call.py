"""A call of another system as it came in: bytes, before anybody believes a word of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from atlas_workflows.errors import InvalidJson
from atlas_workflows.exact_json import is_deeper, loads_foreign, loads_unambiguous

FORM = "application/x-www-form-urlencoded"
MAX_BODY_BYTES = 1_048_576
MOST_FIELDS = 1000  # of a form or a query
MOST_DEPTH = 64  # of JSON
BODILESS = frozenset({"GET", "DELETE"})  # what these say stands in the query
_SPACED_KEY = re.compile(rb'"[ \t\r\n]+:')


@dataclass(frozen=True, slots=True)
class Call:
    """`url`: what the caller was told to call, with this call's query; None where nobody configured it.

    Names of headers are in lower case. A header that came twice is in `repeated` and has no value.
    """

    method: str
    headers: Mapping[str, str]
    body: bytes
    query: str = ""
    url: str | None = None
    repeated: frozenset[str] = field(default_factory=frozenset)

    @property
    def content_type(self) -> str:
        """The media type without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def query_value(self, name: str) -> str | None:
        """A parameter of the query; None where it is not there, stands twice or cannot be read."""
        found = [value for key, value in form_pairs(self.query) or () if key == name]
        return found[0] if len(found) == 1 else None


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
    value = loads_foreign(body)  # bytes are what the fast decoder takes
    return value if _says_each_key_once(body, value) else loads_unambiguous(text)


def _says_each_key_once(body: bytes, value: Any) -> bool:
    """Whether that is certain without reading the text again: as many colons as there are keys.

    Colons inside of texts can only make it more of them; then those behind a quote are counted, of which the same is true where no
    space stands between the two.
    """
    keys = _keys_in(value)
    if body.count(b":") == keys:
        return True
    return body.count(b'":') == keys and _SPACED_KEY.search(body) is None


def _keys_in(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(_keys_in(item) for item in value.values() if isinstance(item, dict | list))
    if isinstance(value, list):
        return sum(_keys_in(item) for item in value if isinstance(item, dict | list))
    return 0


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
