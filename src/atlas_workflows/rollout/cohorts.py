"""Cohorts of organizations: a percentage by stable hash, an allow list and a deny list. Pure."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from atlas_workflows.errors import InputError

# A cohort is cut to a hundredth of a percent.
PLACES = 10_000
# The salt of every phase's percentage, so that the same organizations go first in each of them.
PHASES = "phase"


class Why(StrEnum):
    """Why an organization is in a cohort or not."""

    DENIED = "denied"
    ALLOWED = "allowed"
    INSIDE_PERCENTAGE = "inside_percentage"
    OUTSIDE_PERCENTAGE = "outside_percentage"


@dataclass(frozen=True, slots=True)
class Cohort:
    """A named group. `percentage` is 0 to 100; deny beats allow, allow beats the percentage."""

    name: str
    percentage: Decimal = Decimal(0)
    salt: str = ""
    allow: frozenset[UUID] = field(default_factory=frozenset)
    deny: frozenset[UUID] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        if not 0 <= self.percentage <= 100:
            raise InputError(
                f"A cohort cannot hold {self.percentage} percent.", remedy="Give a percentage from 0 to 100."
            )


@dataclass(frozen=True, slots=True)
class Membership:
    """Whether an organization is in, and why."""

    included: bool
    why: Why


def place(salt: str, organization_id: UUID) -> int:
    """The organization's place among PLACES under a salt: the same at every time, on every machine."""
    digest = sha256(f"{salt}:{organization_id}".encode()).digest()
    return int.from_bytes(digest[:8]) * PLACES >> 64


def membership(cohort: Cohort, organization_id: UUID) -> Membership:
    """Decide for one organization. A growing percentage only ever adds organizations."""
    if organization_id in cohort.deny:
        return Membership(False, Why.DENIED)
    if organization_id in cohort.allow:
        return Membership(True, Why.ALLOWED)
    # The salt defaults to the name, so that two cohorts of 10 % are not the same tenth.
    if place(cohort.salt or cohort.name, organization_id) < cohort.percentage * PLACES / 100:
        return Membership(True, Why.INSIDE_PERCENTAGE)
    return Membership(False, Why.OUTSIDE_PERCENTAGE)
