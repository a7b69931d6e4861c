"""Stands in for kinds that nothing performs yet: the step fails and says so, instead of waiting for ever."""

from dataclasses import dataclass

from atlas_workflows.worker.model import Answer, Dispatch, Refused


@dataclass(frozen=True, slots=True)
class Missing:
    """Refuses every effect of one kind."""

    kind: str
    concurrency: int = 4

    def may_repeat(self, effect: Dispatch) -> bool:  # noqa: ARG002
        """Yes: it does nothing."""
        return True

    def perform(self, effect: Dispatch) -> Answer:
        """Say that it cannot be done."""
        return Refused("configuration", f"Nothing here performs {effect.kind} yet.", may_retry=False)
