"""Decides occasions as their schedules stand and begins the executions of those that may start, many in one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from atlas_workflows.db.connect import Connection
from atlas_workflows.engine.events import Cancelled
from atlas_workflows.errors import AtlasError
from atlas_workflows.integrations.crm.tables import read_crm
from atlas_workflows.recurring.audience.run import Asking, begin_run
from atlas_workflows.recurring.entry import Entry
from atlas_workflows.recurring.occasion import (
    GONE,
    Cause,
    Occasion,
    Recurring,
    Verdict,
    decide,
    decide_buffered,
)
from atlas_workflows.recurring.standing import Asked, Standing, buffered, note, standings, unbuffer
from atlas_workflows.store.intake import PostgresIntake
from atlas_workflows.store.organizations import stopped_because
from atlas_workflows.time_zones import TZDATA_VERSION
from atlas_workflows.worker.model import Start, Started

Entries = Mapping[Recurring, Entry]
TRIGGERS_AT_ONCE = 100  # of one workflow
STARTED_BEFORE = Verdict(True, "")  # it begins nothing, and nothing has to go for it


def settle(connection: Connection, entries: Entries, asked: Sequence[Asked], now: datetime) -> list[Verdict]:
    """Decide each, and keep what is passed over or waits its turn: asked again, the answer is the same."""
    verdicts = _unless_stopped(connection, asked, judge(connection, entries, asked, now))
    note(
        connection,
        [
            (each, verdict)
            for each, verdict in zip(asked, verdicts, strict=True)
            if verdict.waits or (not verdict.may_start and each[0] in entries and each[1].cause is Cause.DUE)
        ],
        now,
    )
    return verdicts


def judge(connection: Connection, entries: Entries, asked: Sequence[Asked], now: datetime) -> list[Verdict]:
    """Decide each and keep nothing."""
    found = standings(connection, asked)
    return [
        _verdict(entries.get(which), occasion, standing, now)
        for (which, occasion), standing in zip(asked, found, strict=True)
    ]


def begin(
    connection: Connection, entries: Entries, asked: Sequence[Asked], verdicts: Sequence[Verdict]
) -> list[Started]:
    """Begin their executions, after what has to go for them; who is enrolled already begins nothing.

    One that has an audience only begins to ask it, with the answer `asked`: who enrols goes on from there.
    """
    intake = PostgresIntake(connection)
    for (which, occasion), verdict in zip(asked, verdicts, strict=True):
        for execution in verdict.cancels:
            gone = Cancelled(f"Its schedule came due again at {occasion.due:%Y-%m-%d %H:%M:%S} UTC.")
            intake.tell(which.organization, execution, gone)
    alone = [each for each in asked if _audience(entries, each[0]) is None]
    started = iter(intake.start([wish(which, occasion) for which, occasion in alone]))
    return [
        next(started)
        if (audience := _audience(entries, which)) is None
        else _ask(connection, which, occasion, audience)
        for which, occasion in asked
    ]


def _audience(entries: Entries, which: Recurring) -> str | None:
    entry = entries.get(which)
    return None if entry is None else entry.audience


def _ask(connection: Connection, which: Recurring, occasion: Occasion, audience: str) -> Started:
    asking = Asking(which.organization, which.workflow, which.trigger, occasion.key)
    begin_run(connection, asking, occasion, audience)
    return Started("", "asked")


def release(connection: Connection, entries: Entries, waiting: Sequence[Asked], now: datetime) -> list[Asked]:
    """Begin those whose turn has come and give up those that lost it; returns what began. `waiting` must be locked."""
    found = standings(connection, waiting)
    verdicts = [
        _turn(entries.get(which), occasion, standing, now)
        for (which, occasion), standing in zip(waiting, found, strict=True)
    ]
    decided = list(zip(waiting, _unless_stopped(connection, waiting, verdicts), strict=True))
    begun = [each for each, verdict in decided if verdict.may_start]
    begin(connection, entries, begun, [STARTED_BEFORE] * len(begun))
    unbuffer(connection, begun)
    note(connection, [(e, v) for e, v in decided if not v.may_start and not v.waits], now)
    return begun


def release_of(connection: Connection, entries: Entries, workflow: str, now: datetime) -> list[Asked]:
    """The same for one workflow."""
    waiting = buffered(connection, TRIGGERS_AT_ONCE, only=workflow)
    return release(connection, entries, waiting, now) if waiting else []


def wish(which: Recurring, occasion: Occasion) -> Start:
    """The execution of an occasion that is about nobody."""
    facts = {
        "event": "schedule",
        "occurred_at": occasion.due.isoformat(),
        "occurrence": occasion.key,
        "cause": occasion.cause.value,
        "tzdata": TZDATA_VERSION,
    }
    return Start(
        which.organization,
        which.workflow,
        occasion.subject,
        occasion.key,
        which.trigger,
        {"trigger": facts, "organization": {"id": which.organization}},
        triggered_by="schedule",
    )


def _unless_stopped(
    connection: Connection, asked: Sequence[Asked], verdicts: Sequence[Verdict]
) -> list[Verdict]:
    """Nothing starts for an organization that is not active."""
    starting = {which.organization for (which, _), v in zip(asked, verdicts, strict=True) if v.may_start}
    crm = read_crm(connection) if starting else None
    why = {each: None if crm is None else stopped_because(connection, crm, each) for each in starting}
    return [
        verdict
        if (said := why.get(which.organization)) is None or not verdict.may_start
        else Verdict(False, said)
        for (which, _), verdict in zip(asked, verdicts, strict=True)
    ]


def _verdict(entry: Entry | None, occasion: Occasion, standing: Standing, now: datetime) -> Verdict:
    if entry is None:
        return Verdict(False, GONE)
    if standing.is_started:
        return STARTED_BEFORE
    if standing.passed_over is not None and occasion.cause is Cause.DUE:
        return Verdict(False, standing.passed_over)
    if standing.buffered == occasion.key:
        return Verdict(False, "It waits its turn.", waits=True)
    others = int(standing.buffered is not None)
    try:
        return decide(entry, occasion, standing.under_way, now, buffered=others)
    except AtlasError as refusal:
        return _broken(refusal)


def _turn(entry: Entry | None, occasion: Occasion, standing: Standing, now: datetime) -> Verdict:
    try:
        return decide_buffered(entry, occasion, len(standing.under_way), now)
    except AtlasError as refusal:
        return _broken(refusal)


def _broken(refusal: AtlasError) -> Verdict:
    return Verdict(False, f"Its schedule cannot be carried out: {refusal.fact}")
