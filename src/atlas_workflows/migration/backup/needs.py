"""What a backup's definitions refer to but a dump does not carry: roles, and what extensions own."""

import json
from dataclasses import dataclass
from pathlib import Path

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql

FILE = "needs.json"
CHECKS = {
    "role": "SELECT to_regrole(quote_ident(%s)) IS NOT NULL",
    "type": "SELECT to_regtype(%s) IS NOT NULL",
    "function": "SELECT to_regprocedure(%s) IS NOT NULL",
}


@dataclass(frozen=True, slots=True)
class Need:
    """A role, type or function, and the statement that makes a placeholder for it."""

    kind: str
    name: str
    statement: str

    def is_met(self, connection: Connection) -> bool:
        return bool(scalar(connection, CHECKS[self.kind].encode(), [self.name]))


def write_needs(connection: Connection, folder: Path) -> None:
    """Note the needs of the connection's database in needs.json."""
    rows = connection.execute(sql("backup/needs_of_a_foreign_server")).fetchall()
    (folder / FILE).write_text(json.dumps(rows))


def read_needs(folder: Path) -> list[Need]:
    """Roles first, then types, then functions: the order in which they can be made."""
    rank = list(CHECKS)
    needs = [Need(*noted) for noted in json.loads((folder / FILE).read_text())]
    return sorted(needs, key=lambda need: rank.index(need.kind))
