"""The doors through which events reached the old engines: what the columns of the row let in, and nothing that the node says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from atlas_workflows.expressions.evaluate import Explanation
from atlas_workflows.legacy.engine.known import Known, js_number, js_text
from atlas_workflows.legacy.engine.questions import answer
from atlas_workflows.legacy.engine.semantics import OldEngine

ALL = "all"
_FORM = ("form_id", "formId"), ("form_type", "formType")


@dataclass(frozen=True, slots=True)
class Answered:
    """What a door says; `failed` is always empty, for old filters are no conditions of ours."""

    reasons: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    failed: tuple[Explanation, ...] = ()


@dataclass(frozen=True, slots=True)
class Door:
    """`column` and `config` as the row has them."""

    column: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)

    def hears(self, event: str, data: Mapping[str, Any], at: datetime, engine: OldEngine) -> Answered:
        """Whether the door for events of this type would have found the workflow."""
        facts, contact = _mapping(data.get("trigger")), _mapping(data.get("contact"))
        if event == "lead_created":
            return Answered(tuple(self._lead(facts, contact)))
        if event == "form_submitted":
            known = Known({}, facts, dict(contact), {}, at)
            return Answered(tuple(self._form(facts, known, engine)))
        if event.startswith("webhook"):
            return Answered(tuple(self._webhook(facts)))
        return Answered((f"No door of the old application started anything for {event}.",))

    def _lead(self, facts: Mapping[str, Any], contact: Mapping[str, Any]) -> Iterator[str]:
        source = self.config.get("source")
        actual = contact.get("source", facts.get("source"))
        if source not in (None, "", ALL) and source != actual:
            yield f"The lead's source is {js_text(actual) or 'not known'}, not {js_text(source)}."
        tags = self.config.get("tags")
        own = contact.get("tags")
        if isinstance(tags, list) and tags and not set(map(js_text, tags)) & _texts(own):
            yield "The lead has none of the tags."
        yield from _score(
            _mapping(self.config.get("leadScore")), contact.get("score", contact.get("lead_score"))
        )

    def _form(self, facts: Mapping[str, Any], known: Known, engine: OldEngine) -> Iterator[str]:
        for ours, theirs in _FORM:
            wanted, actual = self.config.get(theirs), facts.get(ours, facts.get(theirs))
            if wanted not in (None, "", ALL) and js_text(wanted) != js_text(actual):
                yield f"The form's {theirs} is {js_text(actual) or 'not known'}, not {js_text(wanted)}."
        conditions = self.config.get("conditions")
        if conditions and not answer(conditions, known, engine).holds:
            yield "The conditions on the form's fields do not hold."

    def _webhook(self, facts: Mapping[str, Any]) -> Iterator[str]:
        wanted = self.config.get("webhook_id", self.config.get("webhookId"))
        if wanted not in _texts(list(facts.values())):
            yield "It came to another webhook."


def _score(bounds: Mapping[str, Any], score: Any) -> Iterator[str]:
    low, high, actual = js_number(bounds.get("min")), js_number(bounds.get("max")), js_number(score) or 0.0
    if low is not None and actual < low:
        yield f"The lead's score {actual:g} is below {low:g}."
    if high is not None and actual > high:
        yield f"The lead's score {actual:g} is above {high:g}."


def _texts(value: Any) -> set[str]:
    return {js_text(item) for item in value} if isinstance(value, list) else set()


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
