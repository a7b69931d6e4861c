"""Merging drafts, and who has one open."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from atlas_workflows.api.manners.exact import Model
from atlas_workflows.api.schemas.drafts import FoundProblem


class Take(StrEnum):
    """Which side counts; both only of what both added (`doubled`)."""

    MINE = "mine"
    THEIRS = "theirs"
    BOTH = "both"


class MergeDecision(Model):
    """What a conflict comes to: its `at`, and which side counts."""

    at: str = Field(max_length=5_000)
    take: Take


class ToMerge(Model):
    """Your draft, and the revision that you had read before you changed it."""

    ancestor: int = Field(ge=1, le=2_147_483_647)
    definition: dict[str, Any]
    decisions: list[MergeDecision] = Field(default_factory=list, max_length=20_000)


class Side(Model):
    """What one side has there; `is_there` tells null from nothing."""

    is_there: bool
    value: Any


class Conflict(Model):
    """Both changed the same. `kind`: changed, added, removed, order, doubled or dangling; `name` is the step's."""

    kind: str
    at: str
    part: str
    id: str
    name: str | None
    ancestor: Side
    mine: Side
    theirs: Side


class Merge(Model):
    """`definition`, `valid` are null while there are conflicts. `revision` is that of the draft merged with."""

    workflow: str
    revision: int
    ancestor: int
    definition: Any
    conflicts: list[Conflict]
    valid: bool | None
    problems: list[FoundProblem]


class Here(Model):
    """One of your pages, as it calls itself."""

    page: str = Field("1", min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._:-]+$")


class Present(Model):
    """Somebody who has the draft open."""

    caller: str
    page: str
    seen_at: datetime


class Presence(Model):
    """Everybody who has it open."""

    items: list[Present]
