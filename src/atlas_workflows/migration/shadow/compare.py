"""Differences between what an old engine and the enhanced engine plan for the same trigger. Pure."""

import html
import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from atlas_workflows.documented_code import DocumentedCode
from atlas_workflows.legacy.engine.deeds import COMPARED
from atlas_workflows.legacy.engine.known import js_text
from atlas_workflows.legacy.engine.planned import Plan, PlannedEffect
from atlas_workflows.migration.shadow.foreseen import NEVER, Foreseen

_COMMA = re.compile(r",\s+")  # a list within a text
UNTIL_SOMETHING = "until something happens"
_NEARLY = 1.0  # seconds


class Change(DocumentedCode):
    """What is different between before and after."""

    # fmt: off
    START = "START", "The old application started the workflow, and the trigger would let the event pass."
    EFFECT_ADDED = "EFFECT_ADDED", "Something would be done that the old engine did not do."
    EFFECT_DROPPED = "EFFECT_DROPPED", "Something would not be done that the old engine did."
    EFFECT_KIND = "EFFECT_KIND", "Something else would be done at the same step."
    RECIPIENT = "RECIPIENT", "A message would go to somebody else."
    CONTENT = "CONTENT", "The same would be done with other content."
    WAIT = "WAIT", "A wait would last longer or shorter, or would be added or dropped."
    BRANCH = "BRANCH", "A condition or switch would choose another way."
    OUTCOME = "OUTCOME", "The execution would fail, and the old one did not."
    # fmt: on


@dataclass(frozen=True, slots=True)
class Difference:
    """`node` None: of the workflow as a whole. `field`: which part of the content."""

    change: Change
    node: str | None
    field: str = ""
    before: Any = None
    after: Any = None


def compare(before: Plan, after: Foreseen, *, old: Container[str], new: Container[str]) -> list[Difference]:
    """Everything that differs, step by step; nothing means that nobody would notice.

    `old` and `new` are the nodes of the two sides, gone through or not.
    """
    if not after.starts:
        started = before.outcome == "completed"
        return [Difference(Change.START, None, before="started", after=after.reason)] if started else []
    return [
        *_effects(before.effects, after.effects),
        *_waits(before, after, old, new),
        *_branches(before, after),
        *_outcome(before, after),
    ]


def _effects(before: Iterable[PlannedEffect], after: Iterable[PlannedEffect]) -> Iterator[Difference]:
    old, new = _by_node([effect for effect in before if not effect.is_stub]), _by_node(after)
    for node in dict.fromkeys([*old, *new]):
        for one, other in zip_longest(old.get(node, ()), new.get(node, ())):
            if one is None:
                yield Difference(Change.EFFECT_ADDED, node, after=_shown(other))
            elif other is None:
                yield Difference(Change.EFFECT_DROPPED, node, before=_shown(one))
            else:
                yield from _effect(one, other)


def _effect(one: PlannedEffect, other: PlannedEffect) -> Iterator[Difference]:
    if one.kind != other.kind:
        yield Difference(Change.EFFECT_KIND, one.node, before=one.kind, after=other.kind)
        return
    if one.recipients != other.recipients:
        yield Difference(Change.RECIPIENT, one.node, "to", list(one.recipients), list(other.recipients))
    for name in COMPARED.get(one.kind, ()):
        was, is_ = one.content.get(name), other.content.get(name)
        if _normal(was) != _normal(is_):
            yield Difference(Change.CONTENT, one.node, name, was, is_)


def _waits(before: Plan, after: Foreseen, old: Container[str], new: Container[str]) -> Iterator[Difference]:
    after_waits = after.waits or {}
    for wait in before.waits:
        seconds = after_waits.get(wait.node)
        if seconds is None:
            # Where another way was taken, what lies there tells; a wait that nobody can come to is gone.
            if wait.node not in new and wait.seconds > _NEARLY:
                yield Difference(Change.WAIT, wait.node, "seconds", wait.seconds)
        elif seconds == NEVER or abs(seconds - wait.seconds) > _NEARLY:
            yield Difference(Change.WAIT, wait.node, "seconds", wait.seconds, _length(seconds))
    for node, seconds in after_waits.items():
        if node not in old and (seconds == NEVER or seconds > _NEARLY):
            yield Difference(Change.WAIT, node, "seconds", after=_length(seconds))


def _length(seconds: float) -> Any:
    return UNTIL_SOMETHING if seconds == NEVER else seconds


def _branches(before: Plan, after: Foreseen) -> Iterator[Difference]:
    ports = after.ports or {}
    for branch in before.branches:
        port = ports.get(branch.node)
        if port in ("true", "false") and port != branch.answer:
            yield Difference(Change.BRANCH, branch.node, "port", branch.answer, port)


def _outcome(before: Plan, after: Foreseen) -> Iterator[Difference]:
    was = "completed" if before.outcome == "refused" else before.outcome
    # One that only an event would let go on has done all it can; an end node may say other words for well done.
    now = "failed" if after.outcome in ("failed", "timeout") else "completed"
    if now == "failed" and was != now:
        yield Difference(
            Change.OUTCOME, after.failed_at, "outcome", was, f"{after.outcome} {after.reason}".strip()
        )


def _by_node(effects: Iterable[PlannedEffect]) -> Mapping[str, list[PlannedEffect]]:
    found: dict[str, list[PlannedEffect]] = defaultdict(list)
    for effect in effects:
        found[effect.node].append(effect)
    return found


def _shown(effect: PlannedEffect) -> Mapping[str, Any]:
    told = {name: effect.content[name] for name in COMPARED.get(effect.kind, ()) if name in effect.content}
    return {"kind": effect.kind, **({"to": list(effect.recipients)} if effect.recipients else {}), **told}


def _normal(value: Any) -> Any:
    """What a reader would take for the same: numbers and digits, escaped and plain HTML, tags in any order."""
    if value is None or value == "" or value == [] or value == {}:
        return None
    if isinstance(value, list):
        return sorted(js_text(item) for item in value)
    if isinstance(value, Mapping):
        return {key: _normal(item) for key, item in value.items()}
    return _COMMA.sub(",", html.unescape(js_text(value))).strip()
