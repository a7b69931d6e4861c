"""What becomes of a message that may not go now: its status in the ledger, and what its execution is told."""

from dataclasses import dataclass
from datetime import datetime

from atlas_workflows.engine.events import EffectHeld, EffectSkipped
from atlas_workflows.worker.sending.decision import Hold, Skip


@dataclass(frozen=True, slots=True)
class Aside:
    """A held or a skipped effect."""

    status: str
    reason: str
    until: datetime | None
    event: EffectHeld | EffectSkipped


def put_aside(key: str, decision: Hold | Skip) -> Aside:
    """The aside of a decision that is not to send."""
    if isinstance(decision, Skip):
        return Aside("skipped", decision.reason, None, EffectSkipped(key, decision.reason))
    event = EffectHeld(key, decision.until, decision.reason)
    return Aside("held", decision.reason, decision.until, event)
