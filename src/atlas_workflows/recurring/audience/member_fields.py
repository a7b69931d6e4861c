"""Fields of an organization's members as conditions and placeholders name them."""

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.integrations.crm.tables import Table, read_crm
from atlas_workflows.recurring.audience.fields import CUSTOM, Bound, Kind, field_of, kind_of, known_fields

LOOKED_AT = 1_000  # rows of a table that are asked for the names of their custom fields
MOST_CUSTOM = 200
# Of every member, whatever its table is called: see `contact_with`.
ALWAYS = {"id": "text", "record": "text", "organization_id": "text", "tags": "list"}


@dataclass(frozen=True, slots=True)
class MemberField:
    """A path below `contact`, as what it is compared, and in which tables of people it is."""

    path: str
    kind: str
    records: tuple[str, ...]
    is_custom: bool = False


def fields_of(connection: Connection, organization: str) -> list[MemberField]:
    """Every field by path; of custom ones those that the first thousand rows of a table have."""
    found: dict[str, MemberField] = {}
    for table in read_crm(connection).people():
        for name, kind, is_custom in _of(connection, organization, table):
            known = found.get(name)
            records = (*(known.records if known else ()), table.name[:-1])
            found[name] = MemberField(f"contact.{name}", known.kind if known else kind, records, is_custom)
    return [found[name] for name in sorted(found)]


def _of(connection: Connection, organization: str, table: Table) -> Iterator[tuple[str, str, bool]]:
    yield from ((name, kind, False) for name, kind in ALWAYS.items())
    names = [name for name in known_fields(table) if not name.startswith(CUSTOM) and name not in ALWAYS]
    for name in names:
        yield name, str(field_of(table, name, "field", Bound()).kind), False
    own = {*names, *ALWAYS, *table.columns}
    yield from ((key, "any", True) for key in _custom(connection, organization, table) if key not in own)


def _custom(connection: Connection, organization: str, table: Table) -> list[str]:
    custom, owner = table.find("custom"), table.find("organization")
    if custom is None or owner is None or kind_of(table.columns[custom]) is not Kind.LIST:
        return []
    statement = sql("recurring/audience/custom_keys").format(
        custom=compose.Identifier(custom), organization=compose.Identifier(owner), table=table.identifier
    )
    given = {"organization": organization, "rows": LOOKED_AT, "most": MOST_CUSTOM}
    return scalars(connection, statement, given)
