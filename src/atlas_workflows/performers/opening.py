"""Opens the secrets that a step refers to just before the call; the ledger and the step keep the reference."""

from dataclasses import dataclass, replace
from typing import Any

from atlas_workflows.integrations.credentials import NoCredential, Vault, VaultAway
from atlas_workflows.worker.model import Answer, Dispatch, NotSent, Refused
from atlas_workflows.worker.ports import Performer, Traceable

MARK = "$secret"


@dataclass(frozen=True, slots=True)
class Opening:
    """A performer whose content may refer to secrets of the organization."""

    performer: Performer
    vault: Vault | None

    @property
    def kind(self) -> str:
        return self.performer.kind

    @property
    def concurrency(self) -> int:
        return self.performer.concurrency

    def may_repeat(self, effect: Dispatch) -> bool:
        """As the performer says."""
        return self.performer.may_repeat(effect)

    def perform(self, effect: Dispatch) -> Answer:
        """Open what there is to open, and perform."""
        try:
            content = self._opened(effect.organization, effect.content)
        except NoCredential as cause:
            return Refused("configuration", str(cause), may_retry=False)
        except VaultAway:
            return NotSent()
        return self.performer.perform(replace(effect, content=content))

    def _opened(self, organization: str, value: Any) -> Any:
        if isinstance(value, list):
            return [self._opened(organization, item) for item in value]
        if not isinstance(value, dict):
            return value
        reference = value.get(MARK) if len(value) == 1 else None
        if not isinstance(reference, str):
            return {name: self._opened(organization, item) for name, item in value.items()}
        if self.vault is None:
            raise NoCredential("No database holds secrets here.")
        return self.vault.secret(organization, reference)


@dataclass(frozen=True, slots=True)
class OpeningTraceable(Opening):
    """The same for one that can be asked afterwards; only that one may have `look_up`."""

    performer: Traceable

    def look_up(self, effect: Dispatch) -> Answer | None:
        """As the performer says; None where what it would ask with cannot be opened."""
        try:
            content = self._opened(effect.organization, effect.content)
        except (NoCredential, VaultAway):
            return None
        return self.performer.look_up(replace(effect, content=content))


def opening(performer: Performer, vault: Vault | None) -> Performer:
    """A performer that gets its secrets opened; it can be asked afterwards where `performer` can."""
    if isinstance(performer, Traceable):
        return OpeningTraceable(performer, vault)
    return Opening(performer, vault)
