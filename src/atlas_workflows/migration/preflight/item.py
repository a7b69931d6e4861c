"""What an item of the checklist is, and what it may look at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from atlas_workflows.db.connect import Connection
from atlas_workflows.migration.context import PhaseContext


class ItemStatus(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True)
class Finding:
    """What an item found. `waived_by` and `waive_reason` only where somebody accepted a failure."""

    item: str
    status: ItemStatus
    detail: str
    remedy: str | None = None
    waived_by: str | None = None
    waive_reason: str | None = None

    def waived(self, by: str, reason: str) -> "Finding":
        return replace(self, status=ItemStatus.WAIVED, waived_by=by, waive_reason=reason)


@dataclass(frozen=True, slots=True)
class Look:
    """What an item may look at: the run and a session in autocommit with the fixed settings."""

    context: PhaseContext
    connection: Connection


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the checklist. `may_be_waived` is False where going on would only fail later and worse."""

    name: str
    title: str
    check: Callable[[Look], Finding]
    may_be_waived: bool = True


def passed(item: str, detail: str) -> Finding:
    return Finding(item, ItemStatus.PASSED, detail)


def failed(item: str, detail: str, remedy: str) -> Finding:
    return Finding(item, ItemStatus.FAILED, detail, remedy)


def skipped(item: str, detail: str) -> Finding:
    return Finding(item, ItemStatus.SKIPPED, detail)


def with_waivers(finding: Finding, item: Item, waivers: Mapping[str, str], actor: str) -> Finding:
    """A failed finding becomes a waived one where the item allows it and a reason was given."""
    reason = waivers.get(item.name, "").strip()
    if finding.status is ItemStatus.FAILED and item.may_be_waived and reason:
        return finding.waived(actor, reason)
    return finding
