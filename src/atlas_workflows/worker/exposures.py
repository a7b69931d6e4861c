"""What splits showed to whom, read from the steps that were taken. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from atlas_workflows.worker.model import Turn

SPLIT = "split"  # the node type's name; a test holds it against the catalogue


@dataclass(frozen=True, slots=True)
class Exposure:
    """One variant shown: `key` is that of the step, `variant` the port by which the subject left."""

    organization: str
    workflow: str
    version: int
    execution: str
    subject: str
    node: str
    key: str
    variant: str
    at: datetime


def exposures_of(turns: Iterable[Turn]) -> Iterator[Exposure]:
    """Those of completed splits: one that was passed through or failed has shown nothing."""
    for turn in turns:
        claimed = turn.claimed
        for step in turn.steps:
            if step.type == SPLIT and step.status == "completed" and step.port is not None:
                yield Exposure(
                    claimed.organization,
                    claimed.workflow,
                    claimed.version,
                    claimed.execution,
                    claimed.subject,
                    step.node,
                    step.key,
                    step.port,
                    step.started_at,
                )
