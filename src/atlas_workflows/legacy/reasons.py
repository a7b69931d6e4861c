"""Reason codes: why a row is not plainly migrated, and what changes for customers. One line of documentation each."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ReasonCode(StrEnum):
    """A code and, after it, the line that docs/reference/reason-codes.md shows."""

    def __new__(cls, code: str, documentation: str) -> "ReasonCode":
        member = str.__new__(cls, code)
        member._value_ = code
        member.documentation = documentation  # type: ignore[attr-defined]
        return member

    documentation: str

    # Tenancy
    ORGANIZATION_MISSING = "ORGANIZATION_MISSING", "The row names no organization, so no tenant may own it."
    ORGANIZATION_UNKNOWN = "ORGANIZATION_UNKNOWN", "The row names an organization that does not exist."
    ORGANIZATION_IS_USER = "ORGANIZATION_IS_USER", "The row names a user's id where an organization's belongs."
    ORGANIZATION_ASSUMED = "ORGANIZATION_ASSUMED", "The organization was supplied by the operator, not by the row."
    # Meaning that changes for customers (need a sign-off)
    WAIT_CAP_REMOVED = "WAIT_CAP_REMOVED", "Legacy cut this wait at five minutes; it now lasts as configured."
    BOTH_BRANCHES_EXECUTED = "BOTH_BRANCHES_EXECUTED", "Legacy executed both branches of this condition; now exactly one."
    NEVER_FIRED_IN_LEGACY = "NEVER_FIRED_IN_LEGACY", "The trigger never fired in the old application; it would now."


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row carries a warning or was quarantined; `field` is a path into the row, e.g. nodes[3].data.config.url."""

    code: ReasonCode
    field: str | None
    message: str


@dataclass(frozen=True, slots=True)
class SemanticChange:
    """Something customers would notice: how the old application behaved, and how ours will."""

    code: ReasonCode
    field: str | None
    before: Any
    after: Any
    message: str
