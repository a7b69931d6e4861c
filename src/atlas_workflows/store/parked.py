"""Effects that wait for a person, and what the person decides, audited."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from atlas_workflows.audit import Subject, record
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import InputError
from atlas_workflows.store.intake import lock
from atlas_workflows.store.rows import finished_rows
from atlas_workflows.worker.model import Answer, Dispatch, Finished, NotSent, Performed, Refused


class Verdict(StrEnum):
    """What a person knows of an effect: it arrived, it did not and shall not, or it shall be sent again."""

    DONE = "done"
    FAILED = "failed"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Parked:
    """An effect of which nobody can tell whether it arrived."""

    organization: str
    key: str
    kind: str
    subject: str
    since: datetime
    error: str | None


def parked(connection: Connection, organization: str | None, limit: int) -> list[Parked]:
    """The oldest first; of all organizations where none is named."""
    given = {"organization": organization, "limit": limit}
    return [Parked(*row) for row in connection.execute(sql("engine/unknown_effects"), given).fetchall()]


def resolve(
    connection: Connection, organization: str, key: str, verdict: Verdict, *, by: str, reason: str
) -> None:
    """Let the execution go on by a person's word, in one transaction. Raises InputError where nothing waits for it."""
    given = {"organization": organization, "key": key}
    with connection.transaction():
        found = next(iter(connection.execute(sql("engine/unknown_effect"), given)), None)
        if found is None:
            raise InputError(
                "No effect of this key waits for a decision.",
                remedy="See `atlas effects unknown`; it may be resolved.",
            )
        execution, kind, dispatches, is_given_up = found
        if is_given_up and verdict is Verdict.AGAIN:
            raise InputError(
                "Its step was given up: nobody waits for it, so it is not sent again.",
                remedy="Resolve it as done or as failed, whichever is so.",
            )
        finished = Finished(
            Dispatch(organization, execution, key, kind, dispatches, None), _answer(verdict, by)
        )
        lock(connection, [(organization, execution)])
        connection.execute(sql("engine/finish_effects"), {"finished": finished_rows([finished]), "now": None})
        record(
            connection,
            Subject("effects", key),
            actor=by,
            action=f"resolve_effect_as_{verdict.value}",
            reason=reason,
            organization_id=organization,
        )
        connection.execute(sql("engine/notify"))


def _answer(verdict: Verdict, by: str) -> Answer:
    if verdict is Verdict.DONE:
        return Performed({"resolved_by": by})
    if verdict is Verdict.FAILED:
        return Refused("unknown", "A person found that it did not arrive.", may_retry=False)
    return NotSent()
