"""What keeps flags and cohorts: the seam between decisions and storage."""

from typing import Protocol
from uuid import UUID

from atlas_workflows.rollout.cohorts import Cohort
from atlas_workflows.rollout.flags import Change, Flag, Override


class FlagStore(Protocol):
    """Keeps flags, overrides and cohorts. Every write says who and why, and leaves an audit entry."""

    def flags(self) -> list[Flag]:
        """All flags by key, each with its cohort."""

    def flag(self, key: str) -> Flag | None:
        """One flag, or None."""

    def overrides(self, key: str) -> list[Override]:
        """A flag's overrides by organization."""

    def override(self, key: str, organization_id: UUID) -> Override | None:
        """One organization's override, or None."""

    def last_change(self, key: str) -> Change | None:
        """Who put the flag last, when and why; None where nobody has."""

    def put_flag(self, flag: Flag, *, actor: str, reason: str) -> None:
        """Make a flag or replace what is known of it; its overrides stay. The cohort must exist."""

    def put_cohort(self, cohort: Cohort, *, actor: str, reason: str) -> None:
        """Make a cohort or replace it."""

    def set_override(self, override: Override) -> None:
        """Set a flag for one organization."""

    def clear_override(self, key: str, organization_id: UUID, *, actor: str, reason: str) -> bool:
        """Forget an organization's override; False where there was none."""
