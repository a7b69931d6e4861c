"""What a definition would send a day: starts of late are played through it, and their messages multiplied by how many there were."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.engine.program import Program
from atlas_workflows.engine.simulation import Simulation, simulate
from atlas_workflows.exact_json import loads
from atlas_workflows.graph.model import Trigger, Workflow
from atlas_workflows.integrations.crm.contact import read_contact
from atlas_workflows.integrations.crm.tables import read_crm
from atlas_workflows.nodes.trial import answer_of
from atlas_workflows.store.trials import Deadline, PublishedWorkflows, TrialTooLong

MESSAGES = frozenset({"send_email", "send_sms", "send_whatsapp", "make_call"})
MOST_PLAYED = 50
BY_HAND = "manual"
_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Expected:
    """What the triggers of a workflow were expected to start and send when it was migrated, for those that never fired."""

    trigger: str
    evidence: str
    rule: str
    forecast: str | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """`starts` in the window; of the last of them `played` went through the definition, and `started` under it.

    `messages` are those of what was played, by kind; the two numbers a day are made of all this, None where nothing was played.
    `complete` is false where the time for playing was over before.
    """

    days: int
    starts: int
    played: int
    started: int
    messages: Mapping[str, int]
    starts_a_day: Decimal | None
    messages_a_day: Decimal | None
    complete: bool
    expected: tuple[Expected, ...]


@dataclass(frozen=True, slots=True)
class _Start:
    execution: str
    subject: str | None
    triggered_by: str | None
    trigger_data: str | None
    started_at: datetime


@dataclass(slots=True)
class _Tally:
    played: int = 0
    started: int = 0
    messages: Counter[str] = field(default_factory=Counter)


def forecast(
    connection: Connection,
    organization: str,
    program: Program,
    now: datetime,
    *,
    days: int,
    most: int = MOST_PLAYED,
    deadline: Deadline | None = None,
) -> Forecast:
    """What `program` would start and send a day, by the executions of the last `days` of the workflow that it is a state of.

    Members are taken as they are now, events as they were then.
    """
    given = {
        "organization": organization,
        "workflow": program.workflow.id,
        "since": now - timedelta(days=days),
        "most": most,
    }
    starts = int(scalar(connection, sql("api/count_starts"), given))
    until, tally = deadline or Deadline(), _Tally()
    found = rows(connection, _Start, sql("api/last_starts"), given)
    crm, library = read_crm(connection), PublishedWorkflows(connection, organization, program)
    for start in found:
        if until.is_over:
            break
        contact = (
            None if start.subject is None else read_contact(connection, organization, start.subject, crm)
        )
        try:
            _play(program, start, contact, library, until, tally)
        except TrialTooLong:  # the time is over in the midst of this one, which does not count
            break
    share = Decimal(tally.started) / tally.played if tally.played else None
    return Forecast(
        days, starts, tally.played, tally.started, dict(tally.messages),
        None if share is None else _rounded(share * starts / days),
        None if share is None else _rounded(Decimal(tally.messages.total()) / tally.played * starts / days),
        tally.played == len(found),
        tuple(rows(connection, Expected, sql("api/trigger_evidence"), given)),
    )  # fmt: skip


def _play(
    program: Program,
    start: _Start,
    contact: Mapping[str, Any] | None,
    library: PublishedWorkflows,
    until: Deadline,
    tally: _Tally,
) -> None:
    trigger = _trigger(program.workflow, start.triggered_by)
    told = None if start.trigger_data is None else loads(start.trigger_data)
    data = {
        "trigger": told if isinstance(told, dict) else {},
        "variables": {},
        **({"contact": contact} if contact else {}),
    }
    if trigger is None or (
        trigger.type != BY_HAND and answer_of(trigger, data, start.started_at, program.workflow).reasons
    ):
        tally.played += 1
        return
    played = simulate(
        program, trigger.id, data, start.started_at, execution=start.execution, subject=start.subject or start.execution,
        between=until, library=library.program,
    )  # fmt: skip
    tally.played += 1
    tally.started += 1
    tally.messages.update(_messages(played))


def _messages(played: Simulation) -> list[str]:
    return [
        effect.kind for each in (played, *played.nested) for effect in each.effects if effect.kind in MESSAGES
    ]


def _trigger(workflow: Workflow, starter: str | None) -> Trigger | None:
    live = [trigger for trigger in workflow.triggers if trigger.enabled]
    return next((trigger for trigger in live if trigger.type == starter), live[0] if live else None)


def _rounded(number: Decimal) -> Decimal:
    return number.quantize(_HUNDREDTH, ROUND_HALF_UP)
