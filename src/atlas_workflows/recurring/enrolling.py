"""Starts an occurrence of a recurring workflow that has an audience: asks the gate once, then enrols everybody it finds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from atlas_workflows.db.connect import Connection
from atlas_workflows.errors import InputError
from atlas_workflows.recurring.audience.enrol import PAGE, Enrolling, cancel
from atlas_workflows.recurring.audience.run import Asking, AudienceRun, begin_run, find_run
from atlas_workflows.recurring.occasion import Occasion, Verdict
from atlas_workflows.recurring.starting import Recurring, ask_gate
from atlas_workflows.recurring.survey import find_entries
from atlas_workflows.time_zones import TZDATA_VERSION


@dataclass(frozen=True, slots=True)
class Enrolment:
    """How many an occurrence's audience found, and what the queue said about them; `stopped`: why not all were asked."""

    occurrence: str
    audience: str = ""
    matched: int = 0
    started: int = 0
    enrolled: int = 0
    refused: int = 0
    not_again: int = 0
    stopped: str | None = None
    tzdata: str = TZDATA_VERSION

    @property
    def has_begun(self) -> bool:
        """Whether anybody was asked; else the schedule did not let it start."""
        return bool(self.audience)


def asking_of(which: Recurring, occasion: Occasion) -> Asking:
    """The run of its audience."""
    return Asking(which.organization, which.workflow, which.trigger, occasion.key)


def may_enrol(connection: Connection, which: Recurring, occasion: Occasion, now: datetime) -> Verdict:
    """What the gate says; an enrolment that began was let through before, and has to come to its end."""
    if find_run(connection, asking_of(which, occasion)) is not None:
        return Verdict(True, "")
    return ask_gate(connection, which, occasion, now)


def enrol_occasion(
    connection: Connection,
    which: Recurring,
    occasion: Occasion,
    now: datetime,
    *,
    size: int = PAGE,
    after_page: Callable[[AudienceRun], None] = lambda _run: None,
) -> Enrolment:
    """Begin an execution for everybody whom its audience finds; the same occasion again enrols nobody twice.

    The schedule decides once: an enrolment that began goes on, however late, unless the organization was stopped or the
    workflow paused, archived or given back meanwhile. Needs an autocommit session.
    """
    asking = asking_of(which, occasion)
    if find_run(connection, asking) is None:
        why = _begin(connection, which, occasion, asking, now)
        if why is not None:
            return Enrolment(occasion.key, stopped=why)
    run = Enrolling(connection, asking, now, size, after_page).to_the_end()
    return Enrolment(
        occasion.key,
        run.audience,
        run.matched,
        run.started,
        run.enrolled,
        run.refused,
        run.not_again,
        run.stopped,
    )


def _begin(
    connection: Connection, which: Recurring, occasion: Occasion, asking: Asking, now: datetime
) -> str | None:
    """Note that it is asked; else why it is not."""
    verdict = ask_gate(connection, which, occasion, now)
    if not verdict.may_start:
        return verdict.why
    gone = f"Its schedule came due again at {occasion.due:%Y-%m-%d %H:%M:%S} UTC."
    cancel(connection, which.organization, verdict.cancels, gone)
    with connection.transaction():
        begin_run(connection, asking, occasion, _audience(connection, which, now))
    return None


def _audience(connection: Connection, which: Recurring, now: datetime) -> str:
    for entry in find_entries(connection, now, which.workflow):
        if (entry.organization, entry.trigger) == (which.organization, which.trigger) and entry.audience:
            return entry.audience
    raise InputError(
        "The workflow's schedule asks no audience any more.",
        remedy="Its next occurrence starts as it is published now; clear this DAG run to start it so too.",
    )
