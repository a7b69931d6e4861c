"""The tables of a sample: refuses where they would not be welcome, makes them, marks them, removes them."""

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import SourceError
from atlas_workflows.sample.rows import qualified
from atlas_workflows.sample.spec import SampleSpec, Shape, Variant

MARK = "Synthetic, made by atlas sample create"


class DatabaseNotEmpty(SourceError):
    """The database holds tables; a sample would mix with them or replace them."""


def clear_the_way(connection: Connection, *, replace: bool) -> None:
    """Make sure that the database is empty, or holds only an earlier sample that may be replaced.

    Raises DatabaseNotEmpty otherwise; nothing is changed then.
    """
    found = connection.execute(sql("sample/catalog/relations")).fetchall()
    foreign = [f"{schema}.{table}" for schema, table, mark in found if not mark.startswith(MARK)]
    if foreign:
        raise _not_empty(foreign)
    if found and not replace:
        raise DatabaseNotEmpty(
            "The database already holds a sample.",
            remedy="Give --replace to make it anew, or use another database.",
        )
    if found:
        _drop(connection, [f"{schema}.{table}" for schema, table, _ in found])


def create_tables(connection: Connection, spec: SampleSpec) -> None:
    """Tables without foreign keys, indexes and database triggers, so that COPY is fast."""
    for name in table_files(spec):
        connection.execute(sql(f"sample/{name}"))
    if loosens_status(spec):
        connection.execute(sql("sample/dirt/loosen_status"))


def loosens_status(spec: SampleSpec) -> bool:
    """Whether the check of a workflow's status must let older rows pass, which messy samples of A and B hold."""
    return spec.messy and spec.shape in (Shape.A, Shape.B)


def finish_tables(connection: Connection, spec: SampleSpec) -> None:
    """Foreign keys, indexes, functions, database triggers and policies, and our mark on every table."""
    for name in finish_files(spec):
        connection.execute(sql(f"sample/{name}"))
    if loosens_status(spec):
        connection.execute(sql(f"sample/dirt/restore_status_{spec.shape.lower()}"))
    if spec.shape is Shape.B and not spec.messy:
        connection.execute("ALTER TABLE public.workflows VALIDATE CONSTRAINT workflows_template_id_fkey")
    for schema, table, _ in connection.execute(sql("sample/catalog/relations")).fetchall():
        connection.execute(
            compose.SQL("COMMENT ON TABLE {} IS {}").format(
                compose.Identifier(schema, table),
                compose.Literal(f"{MARK}: shape {spec.shape}, seed {spec.seed}"),
            )
        )


def table_files(spec: SampleSpec) -> list[str]:
    """The SQL files under include/sql/sample that make the tables of this spec, in order."""
    leads = {Shape.A: "leads_l1", Shape.C: "leads_l2", Shape.F: "leads_l2"}.get(spec.shape, "leads_l3")
    messages = "messages_m2" if spec.shape is Shape.C else "messages_m1"
    names = ["auth/tables", "organizations/tables", *(f"organizations/{m}" for m in memberships(spec))]
    names += [f"crm/{leads}", "crm/people", f"crm/{messages}", "crm/work"]
    return names + _workflow_tables(spec)


def memberships(spec: SampleSpec) -> list[str]:
    """Which membership tables this shape's database has."""
    by_shape = {
        Shape.A: ["user_organizations", "organization_staff"],
        Shape.B: ["user_organizations", "organization_staff"],
        Shape.C: ["organization_members"],
        Shape.D: ["user_organizations"],
        Shape.E: ["user_organizations", "organization_staff"],
        Shape.F: ["organization_members"],
    }
    return by_shape[spec.shape] + (["auth_users"] if spec.workflow_system else [])


def finish_files(spec: SampleSpec) -> list[str]:
    """The SQL files that come after the data, in order."""
    folder = f"shape_{spec.shape.lower()}"
    names = [f"{folder}/finish"]
    if spec.shape is Shape.A:
        names += [f"{folder}/patch_finish"] if spec.has_organization else []
        names += [_organization_key(spec)] if spec.has_organization or spec.workflow_system else []
    if spec.shape is Shape.B:
        names += [f"{folder}/finish_steps", f"{folder}/finish_functions", f"{folder}/finish_policies"]
    names += ["workflow_system/finish"] if spec.workflow_system else []
    names += [f"half_applied/{folder}"] if Variant.HALF_APPLIED in spec.variants else []
    return names


def _organization_key(spec: SampleSpec) -> str:
    return "workflow_system/executions_finish" if spec.workflow_system else "shape_a/patch_executions_finish"


def _workflow_tables(spec: SampleSpec) -> list[str]:
    folder = f"shape_{spec.shape.lower()}"
    if spec.shape is Shape.A:
        # Over shape B's executions the workflow-system file changes nothing: CREATE TABLE IF NOT EXISTS.
        names = [
            f"{folder}/tables",
            "workflow_system/executions" if spec.workflow_system else f"{folder}/executions",
        ]
        names += [f"{folder}/patch"] if spec.has_organization else []
        names += [f"{folder}/patch_executions"] if spec.has_organization and not spec.workflow_system else []
    elif spec.shape is Shape.B:
        parts = ("workflows", "executions", "steps", "triggers", "library", "definitions")
        names = [f"{folder}/{part}" for part in parts]
    else:
        names = [f"{folder}/tables"]
    return names + (["scoring/columns", "scoring/tables"] if Variant.SCORING in spec.variants else [])


def _drop(connection: Connection, tables: list[str]) -> None:
    names = compose.SQL(", ").join(compose.Identifier(*qualified(table)) for table in tables)
    connection.execute(compose.SQL("DROP TABLE {} CASCADE").format(names))
    connection.execute(sql("sample/catalog/drop_rest"))


def _not_empty(foreign: list[str]) -> DatabaseNotEmpty:
    if any(name.startswith("atlas.") for name in foreign):
        return DatabaseNotEmpty(
            "The database holds a schema atlas, the outcome of a migration.",
            remedy="Make the sample in a new database, or remove that schema first (atlas schema downgrade).",
        )
    return DatabaseNotEmpty(
        f"The database holds tables that are not a sample: {', '.join(foreign[:5])}"
        f"{' …' if len(foreign) > 5 else ''}.",
        remedy="Name an empty database; a sample is never mixed with other data.",
    )
