"""An execution that fails before its first effect begins anew on the version with the old meaning; after it, never. Pure."""

from collections.abc import Mapping
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.engine.events import Cancelled
from atlas_workflows.worker.model import Turn

BY_FALLBACK = "fallback"  # stands for the trigger: a version with the old meaning begins where it begins


def may_fall_back(turn: Turn) -> bool:
    """Whether a turn ends in a failure and has asked for nothing outside: no effect, and nothing started or told."""
    asked = turn.effects or turn.starts or turn.given_up or turn.may_have_nested
    unwanted = any(isinstance(event, Cancelled) for _, event in turn.claimed.inbox)
    return turn.letter is not None and turn.claimed.document is not None and not asked and not unwanted


def beginning_again(turn: Turn) -> Mapping[str, Any]:
    """What the execution begins with, as when it was started: all that is known by now, and nothing of its steps."""
    document = exact_json.loads(turn.claimed.document or "")
    if not turn.claimed.begun:
        return {**document, "trigger": document["trigger"] or BY_FALLBACK}
    data, events = document["data"], document.get("events", [])
    return {"trigger": BY_FALLBACK, "data": data, "depth": document["depth"], "events": events}
