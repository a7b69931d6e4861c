"""Kinds that cannot be performed here: the step fails at once, by name, and says what to do instead of waiting for ever."""

from collections.abc import Mapping
from dataclasses import dataclass

from atlas_workflows.worker.model import Answer, Dispatch, Refused

_NO_MODEL = (
    "No AI provider is connected; take the step out, or send its question to one with an HTTP request."
)
_NO_LIST = "The CRM has no table that says who is in a {0}; add a tag that the {0} goes by instead."
# Kind -> why nothing performs it yet, and what to do.
LATER: Mapping[str, str] = {
    "add_to_campaign": _NO_LIST.format("campaign"),
    "add_to_sequence": _NO_LIST.format("sequence"),
    "ai_analyze": _NO_MODEL,
    "ai_generate": _NO_MODEL,
    "ai_score_lead": "No AI provider is connected; change the score with the step Change lead score.",
    "enrich_lead": "No service for looking up leads is connected; ask one with an HTTP request.",
    "google_sheets": "Google Sheets is not connected; send the row to an automation of yours with a webhook.",
    "make_call": "No telephone service is connected; create a task for whoever shall call.",
    "remove_from_campaign": _NO_LIST.format("campaign"),
    "remove_from_sequence": _NO_LIST.format("sequence"),
}


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Refuses every effect of one kind, with the reason and the remedy."""

    kind: str
    reason: str
    concurrency: int = 4

    def may_repeat(self, effect: Dispatch) -> bool:  # noqa: ARG002
        """Yes: it does nothing."""
        return True

    def perform(self, effect: Dispatch) -> Answer:
        """Say that it cannot be done."""
        return Refused("configuration", f"{effect.kind} cannot be done here. {self.reason}", may_retry=False)
