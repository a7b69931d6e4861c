"""Contacts out of the CRM's tables, for the worker."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from atlas_workflows.db.connect import Connection
from atlas_workflows.integrations.crm.contact import read_contact
from atlas_workflows.integrations.crm.tables import KnownCrm
from atlas_workflows.store.sessions import Pool, transact
from atlas_workflows.worker.ports import StoreUnavailable


@dataclass(slots=True)
class PostgresContacts:
    """Reads each contact when it is asked for; only which tables there are is remembered for a while."""

    pool: Pool
    crm: KnownCrm = field(default_factory=KnownCrm)

    def read(self, organization: str, subject: str) -> Mapping[str, Any] | None:
        """The contact as it is now."""
        return transact(self.pool, lambda connection: self.read_with(connection, organization, subject))

    def read_with(self, connection: Connection, organization: str, subject: str) -> Mapping[str, Any] | None:
        """The same in a transaction at hand."""
        with reading(self.crm):
            return read_contact(connection, organization, subject, self.crm.of(connection))


@contextmanager
def reading(crm: KnownCrm) -> Iterator[None]:
    """A table that is not what it was is nobody's fault: it is looked at again, and what wanted it waits."""
    try:
        yield
    except psycopg.Error as cause:
        if not (cause.sqlstate or "").startswith("42"):
            raise
        crm.forget()
        raise StoreUnavailable(f"The CRM cannot be read: {cause.diag.message_primary}.") from cause
