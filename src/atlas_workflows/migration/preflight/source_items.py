"""Items about the legacy side: shape, privileges, policies that hide rows, left-overs of an earlier attempt."""

from dataclasses import dataclass

import psycopg
from psycopg import sql as compose

from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.errors import UnknownShape
from atlas_workflows.integrations.crm.member import MANY, unindexed
from atlas_workflows.integrations.crm.tables import read_crm
from atlas_workflows.legacy.source.shapes import SIDE_TABLES, detect_shape
from atlas_workflows.migration.checks.check import check
from atlas_workflows.migration.movement.forms import (
    NAMES,
    REMEDY,
    not_understood,
    read_forms,
    without_a_key,
)
from atlas_workflows.migration.preflight.item import Finding, Item, Look, failed, passed, skipped
from atlas_workflows.validation.results import Status, stopping

SCHEMA = "public"
SUITE = "preflight"


@dataclass(frozen=True, slots=True)
class Right:
    """What this role may do with a legacy table, named with its schema."""

    table: str
    may_read: bool
    may_trigger: bool
    may_make_temporary: bool


def check_shape(look: Look) -> Finding:
    try:
        shape = detect_shape(read_catalog(look.connection))
    except UnknownShape as error:
        return failed("shape", error.fact, error.remedy)
    return passed("shape", f"shape {shape.letter}, {len(shape.tables)} tables")


def check_tables(look: Look) -> Finding:
    """A view or a foreign table in a legacy table's place would otherwise just not be read."""
    forms = read_forms(look.connection)
    objections = not_understood(forms)
    if objections:
        return failed("tables", " ".join(objections), REMEDY)
    there = {form.table for form in forms}
    absent = [name for name in NAMES if name not in there]
    lacks = f"; not in this database: {', '.join(absent)}" if absent else ""
    return passed("tables", f"{len(forms)} tables, each read with all its partitions and children{lacks}")


def check_keys(look: Look) -> Finding:
    """Rows are read, noted and compared by their key; where a table enforces none, its rows are looked at."""
    odd = without_a_key(look.connection, read_forms(look.connection))
    if odd:
        return failed(
            "keys", " ".join(odd), "Give each row a key of its own, best with a primary key on that column."
        )
    return passed("keys", "every row has a key of its own")


def check_earlier_attempt(look: Look) -> Finding:
    """Left-overs are harmless, since ours lives in a schema of its own, but whoever reads the report should know."""
    try:
        attempt = detect_shape(read_catalog(look.connection)).attempt
    except UnknownShape:
        attempt = ()
    if attempt:
        return passed(
            "earlier_attempt", f"an earlier attempt left {', '.join(attempt)}; they stay untouched and unread"
        )
    return passed("earlier_attempt", "no traces of an earlier attempt")


def check_privileges(look: Look) -> Finding:
    rights = _rights(look)
    unreadable = [right.table for right in rights if not right.may_read]
    if unreadable:
        role = look.connection.info.user
        return failed(
            "privileges", f"{role} may not read {', '.join(unreadable)}.",
            f'As their owner: GRANT SELECT, TRIGGER ON {", ".join(unreadable)} TO "{role}";',
        )  # fmt: skip
    silent = [right.table for right in rights if not right.may_trigger]
    lacks = [f"no TRIGGER right on {', '.join(silent)}: the sweep watches those alone"] if silent else []
    if not all(right.may_make_temporary for right in rights):
        lacks.append(
            "no TEMPORARY right on the database: doubled executions are looked for row by row, which takes hours where"
            " there are many"
        )
    if lacks:
        return passed("privileges", f"all readable; {'; '.join(lacks)}")
    return passed("privileges", f"SELECT and TRIGGER on all {len(rights)} tables")


def check_row_security(look: Look) -> Finding:
    """With row_security off a policy that would hide rows raises; so reading one row of each table is the proof."""
    hidden = [right.table for right in _rights(look) if right.may_read and _hides_rows(look, right.table)]
    if hidden:
        return failed(
            "row_security", f"Policies hide rows of {', '.join(hidden)} from this role.",
            "Use the tables' owner (without FORCE ROW LEVEL SECURITY) or a role with BYPASSRLS.",
        )  # fmt: skip
    return passed("row_security", "no policy hides a row from this role")


def check_look_ups(look: Look, many: int = MANY) -> Finding:
    """Calls of webhooks may tell a member by an address or a number; large tables want an index for that, which is theirs to make.

    Phases do without it, and so does who has no such webhook: it stops nothing.
    """
    slow = list(unindexed(look.connection, read_crm(look.connection), many))
    if not slow:
        return passed("look_ups", "members are found by e-mail and phone without reading large tables")
    told = ", ".join(f"{each.table} by {each.by} ({each.rows} rows)" for each in slow)
    return skipped(
        "look_ups",
        f"no index serves a webhook that tells members so, and it reads its whole organization: {told}. As the tables' owner: "
        + "; ".join(each.index for each in slow),
    )


def check_source_suite(look: Look) -> Finding:
    """The rules for the source; warnings are listed, only a critical rule or an error fails."""
    closed = [item for item in (check_privileges(look), check_row_security(look)) if item.remedy]
    if closed:
        # Every rule would end in the same refusal, which those items tell once and better.
        return skipped("source_suite", f"not looked at; first: {', '.join(item.item for item in closed)}")
    results = check(look.context, f"{look.context.phase.name}_{SUITE}")
    stops = [result.sentence for result in stopping(results)]
    if stops:
        return failed(
            "source_suite", "; ".join(stops),
            f"The failing keys are in {look.context.report_dir / 'failing_keys'}; fix those rows first.",
        )  # fmt: skip
    warned = [result.sentence for result in results if result.status is Status.FAILED]
    return passed(
        "source_suite", f"{len(results)} rules hold" if not warned else f"expected dirt: {'; '.join(warned)}"
    )


def _rights(look: Look) -> list[Right]:
    tables = [f"{SCHEMA}.{table}" for table in ("workflows", *SIDE_TABLES)]
    return rows(look.connection, Right, sql("preflight/privileges"), {"tables": tables})


def _hides_rows(look: Look, table: str) -> bool:
    name = compose.Identifier(SCHEMA, table.removeprefix(f"{SCHEMA}."))
    try:
        look.connection.execute(compose.SQL("SELECT 1 FROM {} LIMIT 1").format(name))
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


ITEMS = (
    Item("shape", "The tables have a known shape", check_shape, may_be_waived=False),
    Item("tables", "The legacy tables are tables", check_tables),
    Item("keys", "Every legacy row has a key of its own", check_keys, may_be_waived=False),
    Item("earlier_attempt", "Traces of an earlier attempt are known", check_earlier_attempt),
    Item("privileges", "The role may read everything", check_privileges, may_be_waived=False),
    Item("row_security", "No policy hides rows", check_row_security, may_be_waived=False),
    Item("look_ups", "Members are found by e-mail and phone", check_look_ups),
    Item("source_suite", "The source suite holds", check_source_suite),
)
