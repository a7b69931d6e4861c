"""Which port of its node a legacy edge leaves by: handles and branches of five engines to the names of the catalogue."""

import re
from collections.abc import Mapping
from typing import Any

from atlas_workflows.graph.model import ERROR_PORT, MAIN_PORT

# None as a result: the node has no such port; EITHER: the edge follows both outcomes.
EITHER = "*"

_TRUE = frozenset({"true", "yes", "y", "1", "if", "then", "pass", "passed", "success", "match", "matched"})
_FALSE = frozenset(
    {"false", "no", "n", "0", "else", "otherwise", "fail", "failed", "failure", "nomatch", "error"}
)
_PLAIN = frozenset(
    {"", "main", "output", "out", "source", "default", "next", "success", "right", "bottom", "a", "b", "done"}
)
_ERROR = frozenset({"error", "onerror", "failure", "failed"})
_BODY = frozenset({"loop", "body", "loopbody", "each", "iteration", "item", "loopstart"})
_DONE = frozenset(
    {"done", "continue", "loopdone", "exit", "after", "end", "complete", "completed", "loopend", "next"}
)
_BRANCH = re.compile(r"(?:branch|output|path|out)?[-_ ]?(\d{1,3})", re.IGNORECASE)
_NOISE = re.compile(r"[\s_\-]+")


def port_of(type_: str, handle: str, parameters: Mapping[str, Any]) -> str | None:
    """The port for `handle` ("" = none was drawn); None where the node has none of that name."""
    word = _NOISE.sub("", handle).lower() if handle else ""
    if type_ == "condition":
        return EITHER if word in ("", "main", "output", "default") else _outcome(word)
    if type_ == "loop":
        return "body" if word in _BODY else "done" if word in _DONE else None
    if type_ == "parallel":
        match = _BRANCH.fullmatch(handle)
        return f"branch-{int(match[1])}" if match else None
    if type_ == "switch":
        return _case(handle, word, parameters)
    if type_ == "filter":
        return "rejected" if word in _FALSE | {"rejected"} else MAIN_PORT if word in _PLAIN | _TRUE else None
    if type_ == "split":
        return next((b["port"] for b in parameters.get("branches", ()) if b["port"] == handle), None)
    if type_ == "unknown":
        return handle or MAIN_PORT
    if word == "timeout" and type_ in ("wait", "merge"):
        return "timeout"
    return (
        ERROR_PORT if word in _ERROR else MAIN_PORT if word in _PLAIN or word not in _TRUE | _FALSE else None
    )


def is_error(handle: str) -> bool:
    """Whether an edge was followed after a failure only."""
    return _NOISE.sub("", handle).lower() in _ERROR


def _outcome(word: str) -> str | None:
    for prefix in ("branch", "condition", "on", "path"):
        word = word.removeprefix(prefix) or word
    return "true" if word in _TRUE else "false" if word in _FALSE else None


def _case(handle: str, word: str, parameters: Mapping[str, Any]) -> str | None:
    default = str(parameters.get("default_port", "default"))
    if word in ("", "default", "else", "otherwise", "defaultcase") or handle == default:
        return default
    cases = parameters.get("cases", ())
    for case in cases:
        if handle == case["port"] or handle == str(case.get("value", "")):
            return str(case["port"])
    place = re.fullmatch(r"case[-_ ]?(\d{1,3})", handle, re.IGNORECASE)
    if place and int(place[1]) < len(cases):
        return str(cases[int(place[1])]["port"])
    return None
