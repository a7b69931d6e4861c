"""The migration as an organization and its operators see it."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import Field

from atlas_workflows.api.manners.exact import Model


class SignOff(Model):
    """A workflow whose meaning changes: what is to be signed (`changes`), and what was. `source_hash` goes with a signature."""

    workflow: str
    name: str
    status: str
    intended_status: str | None
    awaiting_sign_off: bool
    source_hash: str | None
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


class Signature(Model):
    """Which changes of a workflow are accepted: their codes, and the `source_hash` of the source as it was read."""

    codes: list[str] = Field(min_length=1, max_length=100)
    source_hash: str = Field(min_length=1, max_length=200)
    reason: str = Field(min_length=1, max_length=1_000)


class Read(Model):
    """A workflow as it was read."""

    workflow: UUID
    source_hash: str = Field(min_length=1, max_length=200)


class Signatures(Model):
    """One change accepted for several workflows, each as it was read; all of them or none."""

    code: str = Field(min_length=1, max_length=200)
    workflows: list[Read] = Field(min_length=1, max_length=200)
    reason: str = Field(min_length=1, max_length=1_000)


class Signed(Model):
    """What a signature led to; with nothing `outstanding` the workflow has the status it was meant to have."""

    workflow: str
    codes: list[str]
    outstanding: list[str]
    status: str


class AllSigned(Model):
    """Every workflow that was signed for."""

    items: list[Signed]


class PhaseWish(Model):
    """A phase to be started, with the settings of `atlas migrate run` and of the form in Airflow; a dry run unless `dry_run` is false."""

    phase: str = Field(min_length=1, max_length=100)
    settings: dict[str, Any] = Field(default_factory=dict)
    reason: str = Field(min_length=1, max_length=1_000)


class PhaseStarted(Model):
    """The DAG run that does it; GET migration/runs shows the phase run once its first task began."""

    phase: str
    dag_id: str
    dag_run_id: str


class Approval(Model):
    """Why a run that waits for approval may go on."""

    reason: str = Field(min_length=1, max_length=1_000)


class Approved(Model):
    """Who said yes, and why: the first one counts."""

    run: str
    approved_by: str
    reason: str
