"""JSON Patch (RFC 6902) over a document: all of it or nothing, within bounds, and without taking true for 1. Pure."""

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from atlas_workflows.errors import InputError
from atlas_workflows.graph.limits import is_deeper_than
from atlas_workflows.graph.numbered import Numbers

MOST_OPERATIONS = 1_000
# What copies may add in all, in bytes: a document copied into itself doubles each time.
MOST_COPIED = 4 * 1024 * 1024
BYTES_OF_A_VALUE = 40  # beside its text
DEEPEST = 64
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
# Operation -> what it needs beside `path`.
NEEDS: Mapping[str, tuple[str, ...]] = {
    "add": ("value",), "remove": (), "replace": ("value",), "move": ("from",), "copy": ("from",), "test": ("value",),
}  # fmt: skip


class PatchInvalid(InputError):
    """A patch that is none, or whose places are not in the document."""


class PatchTestFailed(InputError):
    """A `test` of the patch found something else."""


def apply_patch(document: Any, operations: Sequence[Any]) -> Any:
    """The document after the operations; the one given is left alone. Raises PatchInvalid, PatchTestFailed."""
    if len(operations) > MOST_OPERATIONS:
        raise PatchInvalid(
            f"The patch has {len(operations):,} operations.", remedy=f"Send at most {MOST_OPERATIONS:,} at once, or the whole draft.",
            field="body",
        )  # fmt: skip
    patched = _Patched(copy.deepcopy(document))
    for place, operation in enumerate(operations):
        patched.apply(place, _checked(place, operation))
    return patched.document


class _Patched:
    """A document on its way through a patch."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.copied = 0

    def apply(self, place: int, operation: Mapping[str, Any]) -> None:
        name, path = operation["op"], _keys(place, operation["path"])
        if name == "test":
            self._test(place, path, operation)
        elif name == "add":
            self._add(place, path, operation["value"])
        elif name == "remove":
            self._taken(place, path)
        elif name == "replace":
            self._replace(place, path, operation["value"])
        else:
            self._from(place, name, path, _keys(place, operation["from"], "from"))

    def _from(self, place: int, name: str, path: list[str], source: list[str]) -> None:
        if name == "copy":
            value = self._found(place, source, "from")
            self.copied += _size(value)
            if self.copied > MOST_COPIED:
                raise _at(place, "from", "The copies of the patch would make the draft too large.")
            self._add(place, path, copy.deepcopy(value))
            return
        if path[: len(source)] == source and len(path) > len(source):
            raise _at(place, "path", "Nothing can be moved into itself.")
        self._found(place, source, "from")
        if path != source:
            self._add(place, path, self._taken(place, source, "from"))

    def _test(self, place: int, path: list[str], operation: Mapping[str, Any]) -> None:
        numbers = Numbers()
        if numbers.read(self._found(place, path)).number != numbers.read(operation["value"]).number:
            raise PatchTestFailed(
                f"Operation {place}: at {operation['path'][:200]!r} stands something else.",
                remedy="Read the draft again, then make the patch anew.",
                field=f"{place}.value",
            )

    def _add(self, place: int, path: list[str], value: Any) -> None:
        _require_flat(place, path, value)
        if not path:
            self.document = value
            return
        holder, key = self._found(place, path[:-1]), path[-1]
        if isinstance(holder, dict):
            holder[key] = value
        elif isinstance(holder, list):
            holder.insert(len(holder) if key == "-" else _index(place, key, len(holder) + 1, "path"), value)
        else:
            raise _at(place, "path", "There is nothing that could have members.")

    def _replace(self, place: int, path: list[str], value: Any) -> None:
        self._found(place, path)
        _require_flat(place, path, value)
        if not path:
            self.document = value
            return
        holder = self._found(place, path[:-1])
        holder[path[-1] if isinstance(holder, dict) else int(path[-1])] = value

    def _taken(self, place: int, path: list[str], field: str = "path") -> Any:
        if not path:
            raise _at(place, field, "The whole draft cannot be removed.")
        value, holder = self._found(place, path, field), self._found(place, path[:-1], field)
        del holder[path[-1] if isinstance(holder, dict) else int(path[-1])]
        return value

    def _found(self, place: int, path: Sequence[str], field: str = "path") -> Any:
        value = self.document
        for key in path:
            if isinstance(value, dict) and key in value:
                value = value[key]
            elif isinstance(value, list):
                value = value[_index(place, key, len(value), field)]
            else:
                raise _at(place, field, f"There is no {key[:100]!r}.")
        return value


def _checked(place: int, operation: Any) -> Mapping[str, Any]:
    if not isinstance(operation, dict):
        raise _at(place, None, "It is no object.")
    name = operation.get("op")
    if not isinstance(name, str) or name not in NEEDS:
        raise _at(place, "op", f"It is none of {', '.join(NEEDS)}.")
    needed = ("path", *NEEDS[name])
    for field in needed:
        if field not in operation:
            raise _at(place, field, "It is missing.")
    for field in operation.keys() - {"op", *needed}:
        raise _at(place, field[:100], f"{name} takes no such member.")
    return operation


def _keys(place: int, pointer: Any, field: str = "path") -> list[str]:
    """A JSON pointer (RFC 6901)."""
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        raise _at(place, field, "It is no JSON pointer, which begins with a slash.")
    if re.search(r"~(?![01])", pointer):
        raise _at(place, field, "In a JSON pointer ~ is written ~0.")
    return [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]


def _index(place: int, key: str, size: int, field: str) -> int:
    if _INDEX.fullmatch(key) is None or int(key) >= size:
        raise _at(place, field, f"There is no place {key[:100]!r} in this list.")
    return int(key)


def _size(value: Any) -> int:
    """In bytes, roughly as much as it takes in memory."""
    if isinstance(value, dict):
        return BYTES_OF_A_VALUE + sum(len(key) + _size(member) for key, member in value.items())
    if isinstance(value, list):
        return BYTES_OF_A_VALUE + sum(map(_size, value))
    return BYTES_OF_A_VALUE + (len(value) if isinstance(value, str) else 0)


def _require_flat(place: int, path: Sequence[str], value: Any) -> None:
    """Asked before each is put there: deeper than Python's own bound nothing could be copied, compared or measured any more."""
    if is_deeper_than(value, DEEPEST - len(path)):
        raise _at(place, "path", f"It would nest the draft more than {DEEPEST} deep.")


def _at(place: int, field: str | None, fact: str) -> PatchInvalid:
    where = f"{place}.{field}" if field else str(place)
    return PatchInvalid(f"Operation {where}: {fact}", remedy="Correct the patch (RFC 6902).", field=where)
