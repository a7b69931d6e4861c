"""An audience asked at an occurrence: how far its enrolment has come, and what came of those whom it found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import named_rows, one, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.integrations.crm.tables import read_crm
from atlas_workflows.recurring.audience.query import AudienceQuery, parse_query
from atlas_workflows.recurring.audience.saved import read_audience, zone_for
from atlas_workflows.recurring.occasion import Occasion
from atlas_workflows.worker.sending.policy import CHANNEL_OF

# Executions are kept by the day on which they began; those of a run began behind it.
MARGIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Asking:
    """Which audience run: of which schedule of which workflow, at which occurrence."""

    organization: str
    workflow: str
    trigger: str
    occurrence: str

    @property
    def given(self) -> dict[str, Any]:
        """As the statements bind it."""
        return {
            "organization": self.organization, "workflow": self.workflow, "trigger": self.trigger,
            "occurrence": self.occurrence,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class AudienceRun:
    """As it stands. `matched` is started, enrolled, refused and not_again together; `stopped`: why not all were asked."""

    id: str
    cause: str
    asked_at: datetime
    time_zone: str
    audience: str
    query: str
    begun_at: datetime
    after_id: str | None
    matched: int
    started: int
    enrolled: int
    refused: int
    not_again: int
    stopped: str | None
    asked_all_at: datetime | None
    outcomes: str | None

    @property
    def is_done(self) -> bool:
        """Whether nobody is left to ask."""
        return self.asked_all_at is not None

    @property
    def parsed(self) -> AudienceQuery:
        return parse_query(exact_json.loads(self.query))


def begin_run(connection: Connection, asking: Asking, occasion: Occasion, audience: str) -> None:
    """Note that it is asked, with the query as it is saved now; again it notes nothing.

    In the caller's transaction; who enrols goes on from here. Raises NoSuchAudience.
    """
    saved = read_audience(connection, asking.organization, audience)
    zone = zone_for(connection, read_crm(connection), asking.organization, saved.parsed)
    connection.execute(
        sql("recurring/audience/begin_run"),
        asking.given
        | {
            "cause": occasion.cause.value,
            "at": occasion.due,
            "time_zone": zone,
            "audience": audience,
            "revision": saved.revision,
            "query": saved.query,
        },
    )


def find_run(connection: Connection, asking: Asking, *, lock: bool = False) -> AudienceRun | None:
    """The run; None where it has not begun. `lock`: nobody else enrols for it until the transaction ends."""
    if lock:
        # In a statement of its own: what was written while the lock was waited for is seen by the next one.
        connection.execute(sql("recurring/audience/lock_run"), asking.given)
    return one(connection, AudienceRun, sql("recurring/audience/run"), asking.given)


def is_due(connection: Connection, asking: Asking, run: AudienceRun) -> bool:
    """Whether anything of its executions has to be done now."""
    return bool(scalar(connection, sql("recurring/audience/due"), asking.given | {"run": run.id}))


def count_outcomes(connection: Connection, asking: Asking, run: AudienceRun) -> Mapping[str, int]:
    """How many of those it found had which outcome by now; kept with the run."""
    given = asking.given | {"run": run.id, "since": run.begun_at - MARGIN, "messages": sorted(CHANNEL_OF)}
    found = {
        row.outcome: row.entrants for row in named_rows(connection, sql("recurring/audience/outcomes"), given)
    }
    kept = {"organization": asking.organization, "run": run.id, "outcomes": exact_json.dumps_text(found)}
    connection.execute(sql("recurring/audience/keep_outcomes"), kept)
    return found
