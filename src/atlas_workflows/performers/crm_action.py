"""What all actions on the CRM share: one transaction with the effect's key, and what a refusal of the database means."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import psycopg
import structlog
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from atlas_workflows.db.connect import Connection
from atlas_workflows.integrations.crm.refusal import CrmRefused
from atlas_workflows.integrations.crm.tables import Crm, KnownCrm
from atlas_workflows.integrations.crm.writing import PATIENCE, CrmEffect, Writing, Written, write_once
from atlas_workflows.worker.model import Answer, Dispatch, NotSent, Performed, Refused

log = structlog.get_logger()
T = TypeVar("T")
Content = dict[str, Any]
Write = Callable[[Writing, Content], Written]
ATTEMPTS = 5
# SQLSTATE, or its class -> what it means to the step.
_MEANINGS = {
    "55P03": ("provider", "Somebody else holds the row in the CRM.", True),
    "42501": ("configuration", "The worker's login may not write there: GRANT it the privilege.", False),
    "42": ("configuration", "The CRM's tables have changed; they are looked at anew.", True),
    "22": ("data", "The CRM cannot hold it", False),
    "23": ("rejected", "A rule of the CRM forbids it", False),
}


@dataclass(frozen=True, slots=True)
class CrmDesk:
    """Sessions on the CRM database, and what is known of its tables."""

    pool: ConnectionPool[psycopg.Connection[TupleRow]]
    known: KnownCrm = field(default_factory=KnownCrm)
    patience: timedelta = PATIENCE

    def write(self, effect: Dispatch, write: Write) -> Answer:
        """Write in one transaction. Raises nothing."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._written(effect, write)
            except CrmRefused as cause:
                return Refused(cause.cause, str(cause), may_retry=cause.may_retry)
            except (psycopg.Error, PoolTimeout) as cause:
                if not _state(cause).startswith("40") or attempt == ATTEMPTS:
                    return self.meaning(cause)
            except (
                Exception
            ) as cause:  # a fault of ours: the transaction was rolled back, so nothing was written
                log.error("an action on the CRM failed", key=effect.key, kind=effect.kind, exc_info=cause)
                said = f"The action failed with {type(cause).__name__}; nothing was written."
                return Refused("engine", said, may_retry=False)
        raise AssertionError("the last attempt returns")

    def read(self, look: Callable[[Connection, Crm], T]) -> T:
        """Look something up in the CRM. Raises psycopg.Error and PoolTimeout."""
        with self.pool.connection() as connection:
            return look(connection, self.known.of(connection))

    def _written(self, effect: Dispatch, write: Write) -> Answer:
        asked = CrmEffect(effect.organization, effect.key, effect.kind, effect.subject)
        with self.pool.connection() as connection, connection.transaction():
            crm = self.known.of(connection)
            work = partial(_work, write, effect.content)
            done = write_once(connection, crm, asked, work, self.patience)
        return Performed(done.result, done.contact)

    def meaning(self, cause: Exception) -> Answer:
        """What an error of the database means to the step."""
        state = _state(cause)
        if is_away(cause):
            # Whether it was committed is asked by its key when somebody takes it again; without a session it was not begun.
            return NotSent(may_be_done=not isinstance(cause, PoolTimeout))
        name, fact, may_retry = _MEANINGS.get(state) or _MEANINGS.get(state[:2]) or ("provider", "", True)
        if name == "configuration" and may_retry:
            self.known.forget()
        said = f"{fact}: {_said(cause)}" if name in ("data", "rejected") else fact or _said(cause)
        return Refused(name, said, may_retry=may_retry)


@dataclass(frozen=True, slots=True)
class CrmAction:
    """Writes to the CRM; once under its key, so that a repeat does nothing."""

    kind: str
    desk: CrmDesk | None
    action: Write
    concurrency: int = 4

    def may_repeat(self, effect: Dispatch) -> bool:  # noqa: ARG002
        """Yes: the key is stored in the transaction of the write."""
        return True

    def perform(self, effect: Dispatch) -> Answer:
        """Write it."""
        if self.desk is None:
            return Refused("configuration", "No CRM database is named: set ATLAS_CRM_DSN.", may_retry=False)
        return self.desk.write(effect, self.action)


def is_away(cause: Exception) -> bool:
    """Whether the session went or none came about, as opposed to a statement that was refused."""
    state = _state(cause)
    lost = isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError | PoolTimeout) and not state
    return lost or state[:2] == "08" or state[:4] == "57P0"


def _work(write: Write, content: Content, writing: Writing) -> Written:
    return write(writing, content)


def _state(cause: Any) -> str:
    return getattr(cause, "sqlstate", None) or ""


def _said(cause: Any) -> str:
    said = getattr(getattr(cause, "diag", None), "message_primary", None) or type(cause).__name__
    return str(said)[:300]
