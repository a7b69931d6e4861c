"""Published versions, what differs between two, and publishing."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from atlas_workflows.api.manners.exact import Model
from atlas_workflows.api.schemas.drafts import FoundProblem


class Version(Model):
    """A published version without its definition. `executor` is by whose meaning it is executed."""

    version: int
    definition_hash: str
    origin: str
    executor: str
    changes: str | None
    created_at: datetime | None


class VersionWithDefinition(Version):
    """A published version, whole."""

    definition: Any


class Versions(Model):
    """A page of versions, the newest first; `next` is the version to go on before."""

    items: list[Version]
    next: int | None


class Difference(Model):
    """`kind`: added, removed, changed or moved; `fields` hold what was and what is."""

    kind: str
    part: str
    id: str
    fields: dict[str, tuple[Any, Any]]


class Differences(Model):
    """What differs between two definitions; `same_behaviour`: at most the layout does."""

    before: str
    after: str
    same_behaviour: bool
    items: list[Difference]


class OnVersion(Model):
    """Executions under way on a version."""

    version: int
    executions: int


class Plan(Model):
    """What publishing would mean. `plan` names this state of things: give it to the publication, which is refused where it moved."""

    plan: str
    workflow: str
    revision: int
    published_version: int | None
    status: str
    valid: bool
    obstacles: list[str]
    problems: list[FoundProblem]
    changes: list[Difference]
    under_way: list[OnVersion]


class Running(StrEnum):
    """What executions under way do: finish on their version, or follow where their place still exists."""

    FINISH = "finish"
    FOLLOW = "follow"


class Publication(Model):
    """The draft to be published: its revision as it was read, or a plan."""

    revision: int = Field(ge=1)
    reason: str = Field(min_length=1, max_length=1_000)
    plan: str | None = Field(None, max_length=100)
    changes: str | None = Field(None, max_length=5_000)
    running: Running = Running.FINISH


class Published(Model):
    """What publishing came to. `is_new` is false where the draft had been published as it is."""

    workflow: str
    name: str
    status: str
    version: int
    is_new: bool
    problems: list[FoundProblem]
