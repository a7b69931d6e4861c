"""Drafts, and what is wrong with a definition."""

from typing import Any, Literal

from pydantic import Field

from atlas_workflows.api.manners.exact import Model


class FoundProblem(Model):
    """Something wrong with a definition: where it is and what to do."""

    code: str
    severity: Literal["error", "warning", "info"]
    message: str
    remedy: str
    node: str | None
    field: str | None


class Validity(Model):
    """Whether a definition may be published, and everything that is to be said of it."""

    valid: bool
    problems: list[FoundProblem]


class Draft(Model):
    """A workflow's draft in format atlas.workflow/1, as it was saved."""

    workflow: str
    revision: int
    definition: Any


class NewDraft(Model):
    """A draft to be saved."""

    definition: dict[str, Any]
    reason: str = Field("Saved by the API.", min_length=1, max_length=1_000)


class Saved(Model):
    """The revision that the draft has now, and what is wrong with it; a draft with errors is saved, and not published."""

    workflow: str
    revision: int
    valid: bool
    problems: list[FoundProblem]


class Definition(Model):
    """A definition to be looked at; nothing is stored."""

    definition: Any
