"""Flags and cohorts in memory, for tests and for running a workflow without a database."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

from atlas_workflows.rollout.cohorts import Cohort
from atlas_workflows.rollout.flags import Change, Flag, Override
from atlas_workflows.rollout.ports import FlagStore


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One remembered write."""

    actor: str
    action: str
    subject: str
    reason: str
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(slots=True)
class MemoryFlags(FlagStore):
    """A FlagStore that forgets everything at exit; `audit` holds what was written."""

    audit: list[AuditEntry] = field(default_factory=list)
    _flags: dict[str, Flag] = field(default_factory=dict)
    _cohorts: dict[str, Cohort] = field(default_factory=dict)
    _overrides: dict[tuple[str, UUID], Override] = field(default_factory=dict)

    def flags(self) -> list[Flag]:
        return [self._with_cohort(self._flags[key]) for key in sorted(self._flags)]

    def flag(self, key: str) -> Flag | None:
        return self._with_cohort(self._flags[key]) if key in self._flags else None

    def overrides(self, key: str) -> list[Override]:
        found = [override for (flag_key, _), override in self._overrides.items() if flag_key == key]
        return sorted(found, key=lambda override: override.organization_id)

    def override(self, key: str, organization_id: UUID) -> Override | None:
        return self._overrides.get((key, organization_id))

    def last_change(self, key: str) -> Change | None:
        entries = [entry for entry in self.audit if (entry.action, entry.subject) == ("put_flag", key)]
        return Change(entries[-1].actor, entries[-1].at, entries[-1].reason) if entries else None

    def put_flag(self, flag: Flag, *, actor: str, reason: str) -> None:
        self._flags[flag.key] = flag
        self.audit.append(AuditEntry(actor, "put_flag", flag.key, reason))

    def put_cohort(self, cohort: Cohort, *, actor: str, reason: str) -> None:
        self._cohorts[cohort.name] = cohort
        self.audit.append(AuditEntry(actor, "put_cohort", cohort.name, reason))

    def set_override(self, override: Override) -> None:
        self._overrides[(override.flag_key, override.organization_id)] = override
        self.audit.append(AuditEntry(override.set_by, "set_flag", override.flag_key, override.reason))

    def clear_override(self, key: str, organization_id: UUID, *, actor: str, reason: str) -> bool:
        if self._overrides.pop((key, organization_id), None) is None:
            return False
        self.audit.append(AuditEntry(actor, "clear_flag", key, reason))
        return True

    def _with_cohort(self, flag: Flag) -> Flag:
        return replace(flag, cohort=self._cohorts[flag.cohort.name]) if flag.cohort else flag
