"""Enrols everybody whom an audience finds, page by page: a page's executions, members and cursor are one transaction."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, rows, scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.engine.events import Cancelled
from atlas_workflows.integrations.crm.tables import Crm, read_crm
from atlas_workflows.recurring.audience.compile import Compiled, compile_query
from atlas_workflows.recurring.audience.days import Asked
from atlas_workflows.recurring.audience.entrants import Policy, wishes_of
from atlas_workflows.recurring.audience.run import Asking, AudienceRun, find_run
from atlas_workflows.recurring.audience.saved import page_of
from atlas_workflows.store.executions import NOBODY
from atlas_workflows.store.intake import PostgresIntake
from atlas_workflows.store.organizations import about_organization, stopped_because
from atlas_workflows.worker.messages import json_text
from atlas_workflows.worker.model import Start, Started

PAGE = 1000
CANCELS_AT_ONCE = 200
GONE = "The workflow was paused, archived or given back meanwhile."


@dataclass(slots=True)
class Enrolling:
    """The work on one run at `now`. `after_page` is called between two pages, outside any transaction."""

    connection: Connection
    asking: Asking
    now: datetime
    size: int = PAGE
    after_page: Callable[[AudienceRun], None] = lambda _run: None
    _crm: Crm | None = None
    _compiled: Compiled | None = None
    _about: Mapping[str, Any] = field(default_factory=dict)

    def to_the_end(self) -> AudienceRun:
        """Ask everybody who was not asked yet; continues where a killed one stood, and beside another one takes turns.

        Needs an autocommit session. Raises AudienceRefused where the CRM is not what it was.
        """
        while True:
            with self.connection.transaction():
                # Where a policy of the CRM's own tables would hide people, it is an error: nobody is left out unseen.
                self.connection.execute("SET LOCAL row_security = off")
                run = find_run(self.connection, self.asking, lock=True)
                assert run is not None  # whoever enrols has begun it
                if run.is_done:
                    return run
                self._page(run)
            self.after_page(run)

    def _page(self, run: AudienceRun) -> None:
        crm, compiled = self._prepared(run)
        why = stopped_because(self.connection, crm, self.asking.organization)
        if why is not None:
            self._advance(run, None, Counter(), stopped=why)
            return
        found = page_of(self.connection, compiled, run.after_id, self.size)
        policy = self._policy()
        wishes = wishes_of(found, compiled.table, self.asking, run, self._about, policy)
        asked = self._start(wishes, policy)
        self._keep(run, wishes, asked)
        counted = Counter(each.answer for each in asked)
        stopped = GONE if counted["refused"] else None
        last = found[-1].id if found else None
        self._advance(run, last, counted, stopped=stopped, is_done=len(found) < self.size)

    def _prepared(self, run: AudienceRun) -> tuple[Crm, Compiled]:
        if self._crm is None or self._compiled is None:
            self._crm = read_crm(self.connection)
            asked = Asked(run.asked_at, run.time_zone)
            self._compiled = compile_query(run.parsed, self._crm, self.asking.organization, asked)
            self._about = about_organization(self.connection, self._crm, self.asking.organization)
        return self._crm, self._compiled

    def _policy(self) -> Policy:
        return one(self.connection, Policy, sql("recurring/audience/policy"), self.asking.given) or Policy()

    def _start(self, wishes: Sequence[Start], policy: Policy) -> list[Started]:
        """What the queue says to each, in order."""
        kept_out = self._entered(wishes, policy)
        may = [wish for wish in wishes if wish.subject not in kept_out]
        begun = iter(PostgresIntake(self.connection).start(may) if may else ())
        return [
            Started(wish.execution, "not_again") if wish.subject in kept_out else next(begun)
            for wish in wishes
        ]

    def _entered(self, wishes: Sequence[Start], policy: Policy) -> set[str]:
        """Who may not come again yet; whoever may enter once is kept out by the key of the enrolment itself."""
        inside = policy.re_entry == "after_exit"
        if not wishes or policy.re_entry == "once" or not (inside or policy.after_days):
            return set()
        days = policy.after_days
        since = self.now - timedelta(days=days) if days else None
        given = self.asking.given | {
            "subjects": [wish.subject for wish in wishes], "inside": inside, "since": since,
        }  # fmt: skip
        return set(scalars(self.connection, sql("recurring/audience/entered"), given))

    def _keep(self, run: AudienceRun, wishes: Sequence[Start], asked: Sequence[Started]) -> None:
        members = [
            {"subject": wish.subject, "execution_id": said.execution, "answer": said.answer}
            for wish, said in zip(wishes, asked, strict=True)
        ]
        given = {"organization": self.asking.organization, "run": run.id, "members": json_text(members)}
        self.connection.execute(sql("recurring/audience/keep_members"), given)

    def _advance(
        self,
        run: AudienceRun,
        after: str | None,
        answers: Counter[str],
        *,
        stopped: str | None,
        is_done: bool = True,
    ) -> None:
        given = {
            "organization": self.asking.organization, "run": run.id, "after": after, "matched": answers.total(),
            "stopped": stopped, "is_done": is_done or stopped is not None,
        } | {name: answers[name] for name in ("started", "enrolled", "refused", "not_again")}  # fmt: skip
        self.connection.execute(sql("recurring/audience/advance"), given)


def unfinished(connection: Connection) -> list[Asking]:
    """Runs of which not everybody was asked yet, the oldest first: of killed processes, or that only were begun."""
    return rows(connection, Asking, sql("recurring/audience/unfinished"))


def enrol_unfinished(
    connection: Connection,
    now: Callable[[], datetime],
    after_page: Callable[[AudienceRun], None] = lambda _run: None,
) -> Iterator[tuple[Asking, AudienceRun | Exception]]:
    """Go on with every enrolment that began and is not through, whoever began it; needs an autocommit session.

    One that cannot go on, for whatever reason, costs itself alone; a server that is gone is raised.
    """
    for asking in unfinished(connection):
        try:
            yield asking, Enrolling(connection, asking, now(), after_page=after_page).to_the_end()
        except psycopg.OperationalError:
            raise
        except Exception as failure:
            yield asking, failure


def cancel(connection: Connection, organization: str, executions: Iterable[str], why: str) -> int:
    """End live executions, some in each transaction; how many there were."""
    left, told = list(executions), 0
    while left:
        some, left = left[:CANCELS_AT_ONCE], left[CANCELS_AT_ONCE:]
        with connection.transaction():
            told += PostgresIntake(connection).tell_each(organization, some, Cancelled(why))
    return told


def cancel_run(connection: Connection, asking: Asking, run: AudienceRun, why: str) -> int:
    """End every live execution of those whom a run found; how many there were."""
    told, after = 0, NOBODY
    while True:
        given = asking.given | {"run": run.id, "after": after, "limit": CANCELS_AT_ONCE}
        found = scalars(connection, sql("recurring/audience/live"), given)
        if not found:
            return told
        told += cancel(connection, asking.organization, found, why)
        after = found[-1]
