"""Events, starts and starters as JSON and back, cleaned of what PostgreSQL cannot hold."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.engine.events import (
    Cancelled,
    EffectDone,
    EffectFailed,
    EffectHeld,
    EffectSkipped,
    Event,
    Happened,
    Woken,
)
from atlas_workflows.worker.model import (
    Answer,
    Finished,
    NotSent,
    Performed,
    Refused,
    Start,
    Starter,
    Unclear,
)

# A zero character, or half of a surrogate pair: legal in JSON, refused by PostgreSQL's json functions.
_HARD = re.compile(r"(?<!\\)((?:\\\\)*)\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})")
GIVEN_UP = "Its step was given up before it was sent."
GIVEN_UP_UNDER_WAY = "Its step was given up while it was being sent; nobody can tell whether it was done."
_REPLACEMENT = "\\1\\\\ufffd"


def json_text(value: Any) -> str:
    """Exact JSON that PostgreSQL can hold; characters it cannot hold become U+FFFD."""
    text = exact_json.dumps_text(value)
    return _HARD.sub(_REPLACEMENT, text) if "\\u" in text else text


def event_to_json(event: Event) -> dict[str, Any]:
    """The inverse of `event_from_json`."""
    match event:
        case Woken():
            return {"kind": "woken"}
        case Cancelled(reason):
            return {"kind": "cancelled", "reason": reason}
        case Happened(kind, at, data):
            return {"kind": "happened", "type": kind, "at": at.isoformat(), "data": dict(data)}
        case EffectDone(key, result, contact):
            return {"kind": "effect_done", "key": key, "result": result, "contact": dict(contact)}
        case EffectHeld(key, until, reason):
            return {"kind": "effect_held", "key": key, "until": until.isoformat(), "reason": reason}
        case EffectSkipped(key, reason):
            return {"kind": "effect_skipped", "key": key, "reason": reason}
        case EffectFailed(key, cause, message, may_retry):
            return {
                "kind": "effect_failed", "key": key, "cause": cause, "message": message, "may_retry": may_retry,
            }  # fmt: skip


def event_from_json(document: Mapping[str, Any]) -> Event:
    """The event in decoded JSON. Raises KeyError or ValueError for what `event_to_json` cannot have written."""
    match document["kind"]:
        case "woken":
            return Woken()
        case "cancelled":
            return Cancelled(document["reason"])
        case "happened":
            return Happened(document["type"], datetime.fromisoformat(document["at"]), document["data"])
        case "effect_done":
            return EffectDone(document["key"], document["result"], document["contact"])
        case "effect_failed":
            return EffectFailed(
                document["key"], document["cause"], document["message"], document["may_retry"]
            )
        case "effect_held":
            until = datetime.fromisoformat(document["until"])
            return EffectHeld(document["key"], until, document["reason"])
        case "effect_skipped":
            return EffectSkipped(document["key"], document["reason"])
        case unknown:
            raise ValueError(f"{unknown!r} is no kind of event")


def beginning_to_json(start: Start) -> dict[str, Any]:
    """What a state's row holds until the execution begins."""
    return {
        "trigger": start.trigger, "data": dict(start.data), "depth": start.depth, "events": [*start.events],
    }  # fmt: skip


def starter_to_json(starter: Starter | None) -> dict[str, Any] | None:
    """The inverse of `starter_from_json`."""
    if starter is None:
        return None
    return {"execution": starter.execution, "key": starter.key, "known": dict(starter.known)}


def starter_from_json(document: Mapping[str, Any] | None) -> Starter | None:
    """The starter in decoded JSON."""
    if document is None:
        return None
    return Starter(document["execution"], document["key"], document["known"])


def status_of(answer: Answer) -> str:
    """What the ledger says of an effect with this answer."""
    match answer:
        case Performed():
            return "done"
        case Refused():
            return "failed"
        case Unclear():
            return "unknown"
        case NotSent():
            return "intended"


def event_of(finished: Finished) -> EffectDone | EffectFailed | None:
    """What the execution is told; nothing where nobody knows, or where it is still to be done."""
    key = finished.dispatch.key
    match finished.answer:
        case Performed(result, contact):
            return EffectDone(key, result, contact)
        case Refused(cause, message, may_retry):
            return EffectFailed(key, cause, message, may_retry)
        case _:
            return None


def error_of(answer: Answer) -> str | None:
    """What the ledger keeps as the error."""
    match answer:
        case Refused(cause, message):
            return f"{cause}: {message}"
        case Unclear(message):
            return message
        case _:
            return None


def status_given_up(answer: Answer) -> str:
    """What the ledger says instead where nobody waits for the effect any more: it is not taken again."""
    if not isinstance(answer, NotSent):
        return status_of(answer)
    return "unknown" if answer.may_be_done else "cancelled"


def error_given_up(answer: Answer) -> str | None:
    """What the ledger keeps as the error then."""
    if not isinstance(answer, NotSent):
        return error_of(answer)
    return GIVEN_UP_UNDER_WAY if answer.may_be_done else GIVEN_UP
