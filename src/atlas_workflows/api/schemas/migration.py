"""The migration as an organization and its operators see it."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from atlas_workflows.api.manners.exact import Model


class SignOff(Model):
    """A workflow whose meaning changes: what is to be signed (`changes`), and what was."""

    workflow: str
    name: str
    status: str
    intended_status: str | None
    awaiting_sign_off: bool
    changes: list[dict[str, Any]]
    signed: list[dict[str, Any]]


class SignOffs(Model):
    """A page of them; `next` is the workflow to go on after."""

    items: list[SignOff]
    next: str | None


class ShadowDifference(Model):
    """What differs between before and after a workflow's migration; without codes it is unexplained."""

    workflow: str
    name: str | None
    position: int
    change: str
    node: str | None
    field: str
    codes: list[str]
    times: int
    before: str
    after: str
    example: str


class ShadowDifferences(Model):
    """A page of them, workflow by workflow; `next` is the place to go on after."""

    items: list[ShadowDifference]
    next: str | None


class Cohort(Model):
    """A group of organizations: a percentage by stable hash, with those always in and those never."""

    name: str
    percentage: Decimal
    allow: list[str]
    deny: list[str]
    created_at: datetime


class Cohorts(Model):
    """Every cohort."""

    items: list[Cohort]


class Gate(Model):
    """An item of the checklist of a phase run."""

    item: str
    status: str
    detail: str | None
    remedy: str | None
    waived_by: str | None
    waive_reason: str | None
    checked_at: datetime


class Gates(Model):
    """The checklist of a phase run."""

    run: str
    items: list[Gate]


class Run(Model):
    """A phase run as recorded."""

    id: str
    phase: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    actor: str
    problem: str | None
    scope: dict[str, Any]


class Runs(Model):
    """Phase runs, the newest first."""

    items: list[Run]
