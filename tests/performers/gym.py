"""A CRM database with performers on it, as a worker has them; used by the tests here."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg

from atlas_workflows import exact_json
from atlas_workflows.integrations.crm.contact import read_contact
from atlas_workflows.settings import load_settings
from atlas_workflows.wiring import load_performers
from atlas_workflows.worker.model import Answer, Dispatch, Performed, Refused
from atlas_workflows.worker.ports import Performer
from crm_world import ANA, ONE


@dataclass(slots=True)
class Gym:
    """`environ` are settings beyond the database's address."""

    dsn: str
    environ: dict[str, str] = field(default_factory=dict)
    connection: psycopg.Connection[Any] = field(init=False)
    performers: dict[str, Performer] = field(init=False)

    def __post_init__(self) -> None:
        self.connection = psycopg.connect(self.dsn, autocommit=True)
        self.set_up()

    def set_up(self, **environ: str) -> None:
        """Performers anew, with further settings."""
        self.environ |= environ
        self.performers = load_performers(load_settings(self.environ), self.dsn)

    def do(
        self,
        kind: str,
        content: dict[str, Any],
        *,
        subject: str = ANA,
        key: str = "e/n",
        organization: str = ONE,
    ) -> Answer:
        """Perform one effect."""
        contact = {"id": subject, "phone": "+447700900001", "email": "ana@example.com"}
        effect = Dispatch(
            organization, "e", key, kind, 1, content, contact, subject, datetime(2026, 3, 2, 12, tzinfo=UTC)
        )
        return self.performers[kind].perform(effect)

    def done(self, kind: str, content: dict[str, Any], **more: Any) -> Performed:
        answer = self.do(kind, content, **more)
        assert isinstance(answer, Performed), answer
        return answer

    def refused(self, kind: str, content: dict[str, Any], **more: Any) -> Refused:
        answer = self.do(kind, content, **more)
        assert isinstance(answer, Refused), answer
        return answer

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(statement.encode(), values).fetchall()

    def one(self, statement: str, *values: Any) -> tuple[Any, ...]:
        (row,) = self.rows(statement, *values)
        return row

    def contact(self, subject: str = ANA) -> dict[str, Any]:
        found = read_contact(self.connection, ONE, subject)
        assert found is not None
        return found

    def changes(self, key: str = "e/n") -> list[dict[str, Any]]:
        """What was kept of the writes under a key."""
        (text,) = self.one("SELECT changes::text FROM atlas.crm_writes WHERE effect_key = %s", key)
        found: list[dict[str, Any]] = exact_json.loads(text)
        return found

    def close(self) -> None:
        self.connection.close()
