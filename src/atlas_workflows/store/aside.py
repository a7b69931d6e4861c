"""Effects that the send policy holds or has skipped, with the reason in words."""

from dataclasses import dataclass
from datetime import datetime

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql


@dataclass(frozen=True, slots=True)
class Aside:
    """`at`: until when it is held, or when it was skipped."""

    organization: str
    key: str
    kind: str
    subject: str
    at: datetime
    reason: str


def held(connection: Connection, organization: str | None, limit: int) -> list[Aside]:
    """Those that come up first at the top; of all organizations where none is named."""
    given = {"organization": organization, "limit": limit}
    return [Aside(*row) for row in connection.execute(sql("engine/held_effects"), given).fetchall()]


def skipped(connection: Connection, organization: str | None, limit: int) -> list[Aside]:
    """The latest at the top; of all organizations where none is named."""
    given = {"organization": organization, "limit": limit}
    return [Aside(*row) for row in connection.execute(sql("engine/skipped_effects"), given).fetchall()]
