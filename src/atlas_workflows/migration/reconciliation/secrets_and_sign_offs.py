"""Per batch: the secrets that enhanced rows refer to, and whether workflows that are live were signed for."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from psycopg import errors
from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows, scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import AtlasError
from atlas_workflows.exact_json import loads
from atlas_workflows.migration.reconciliation.differences import Difference, DifferenceKind
from atlas_workflows.migration.reconciliation.our_side import LedgerEntry, TargetRow, TargetRows
from atlas_workflows.migration.reconciliation.sealed_values import stands_in
from atlas_workflows.migration.reconciliation.source_side import SCHEMA as SOURCE_SCHEMA
from atlas_workflows.migration.reconciliation.source_side import Row
from atlas_workflows.migration.reconciliation.vault import SealedSecret, Vault
from atlas_workflows.migration.reconciliation.workflows import Opened, holds_text, secret_references

MIN_SECRET = 8
MARK = "$secret"
REFERRING = frozenset({"secret_id", "webhook_secret_id"})
# Rows beside a workflow that its definition takes triggers, and so secrets, from.
BESIDE = ("webhook_triggers", "workflow_triggers", "schedule_triggers")


@dataclass(frozen=True, slots=True)
class Reference:
    """A place that refers to a secret, and the JSON around it where there is any."""

    place: str
    id: str
    document: object = None


def check(
    connection: Connection, rows: Sequence[tuple[Row, LedgerEntry, TargetRows]], vault: Vault
) -> Iterator[Difference]:
    """Differences of the batch in what is sealed, and in which workflows are live."""
    references = [list(_references(targets)) for _, _, targets in rows]
    ids = sorted({item.id for found in references for item in found})
    stored = _read_secrets(connection, ids) if ids else {}
    for (row, _, targets), found in zip(rows, references, strict=True):
        owners = {item.get("organization_id") for members in targets.values() for item in members}
        for reference in found:
            yield from _secret(connection, row, owners, reference, stored.get(reference.id), vault)
    workflows = [
        (made["workflows"][0], entry, made)
        for row, entry, made in rows
        if row.table == "workflows" and made.get("workflows")
    ]
    if workflows:
        signed = _read_sign_offs(connection, [str(workflow["id"]) for workflow, _, _ in workflows])
        for workflow, entry, made in workflows:
            yield from _live(workflow, entry, made, signed)


def opener(connection: Connection, vault: Vault) -> Opened:
    """Opens secrets by their ids; one that is missing or cannot be opened is reported by `check`."""

    def opened(ids: Iterable[str]) -> list[str]:
        found = []
        for stored in _read_secrets(connection, sorted(set(ids))).values():
            with suppress(AtlasError):
                found.append(vault.unseal(stored.sealed))
        return found

    return opened


def _references(targets: TargetRows) -> Iterator[Reference]:
    for table, members in targets.items():
        for member in members:
            for column, value in member.items():
                if value is None:
                    continue
                if column in REFERRING:
                    yield Reference(f"{table}.{column}", value)
                elif type(value) is str and MARK in value:
                    yield from _in_document(f"{table}.{column}", value)


def _in_document(place: str, text: str) -> Iterator[Reference]:
    try:
        document = loads(text)
    except AtlasError:
        return  # a text of somebody's that happens to hold the mark
    # Also where the source itself says {"$secret": …}: standing here like that, it would be opened.
    for secret_id in sorted(set(secret_references(document))):
        yield Reference(place, secret_id, document)


def _secret(
    connection: Connection,
    row: Row,
    owners: set[object],
    reference: Reference,
    stored: SealedSecret | None,
    vault: Vault,
) -> Iterator[Difference]:
    def differs(kind: DifferenceKind, place: str) -> Difference:
        return Difference(kind, row.table, row.id, row.organization_id, place)

    if stored is None or stored.organization_id not in owners:
        yield differs(DifferenceKind.SECRET_MISSING, reference.place)
        return
    try:
        plain = vault.unseal(stored.sealed)
    except AtlasError:
        yield differs(DifferenceKind.SECRET_UNREADABLE, "secrets.sealed")
        return
    if not stands_in(plain, row.columns) and not _stands_beside(connection, plain, row):
        yield differs(DifferenceKind.SECRET_DIFFERS, "secrets.sealed")
    # A very short "secret" may well occur in an innocent word.
    if reference.document is not None and len(plain) >= MIN_SECRET and holds_text(reference.document, plain):
        yield differs(DifferenceKind.SECRET_IN_CLEAR, reference.place)


def _stands_beside(connection: Connection, plain: str, row: Row) -> bool:
    """Asked only of values that the row itself does not hold, which are few."""
    if row.table == "workflow_versions":  # name, trigger and settings of a version are those its workflow has
        workflow = row.columns.get("workflow_id") or ""
        return any(
            stands_in(plain, {"workflows": text})
            for text in _rows_beside(connection, "workflows", workflow, "id")
        )
    return row.table == "workflows" and any(
        stands_in(plain, {table: text})
        for table in BESIDE
        for text in _rows_beside(connection, table, row.id)
    )


def _rows_beside(connection: Connection, table: str, workflow_id: str, key: str = "workflow_id") -> list[str]:
    query = compose.SQL("SELECT to_jsonb(s)::text FROM {} AS s WHERE s.{}::text = %(id)s").format(
        compose.Identifier(SOURCE_SCHEMA, table), compose.Identifier(key)
    )
    try:
        with connection.transaction():
            return scalars(connection, query, {"id": workflow_id})
    except (errors.UndefinedTable, errors.UndefinedColumn):
        return []


def _live(
    row: TargetRow, entry: LedgerEntry, targets: TargetRows, signed: set[tuple[str, str, str]]
) -> Iterator[Difference]:
    needed = {str(change.get("code")) for change in loads(entry.changes or "[]")}
    unsigned = {code for code in needed if (str(row["id"]), code, str(entry.source_hash)) not in signed}
    armed = any(trigger.get("is_active") == "true" for trigger in targets.get("workflow_triggers") or ())
    if unsigned and (row.get("status") == "active" or armed):
        yield _differs(
            DifferenceKind.STATUS_DIFFERS, row, "workflows.status", f"unsigned: {', '.join(sorted(unsigned))}"
        )
    if not unsigned and row.get("status") not in {row.get("intended_status"), "draft", "paused"}:
        yield _differs(
            DifferenceKind.STATUS_DIFFERS,
            row,
            "workflows.status",
            f"{row.get('status')} is not what it should be",
        )
    if bool(unsigned) != (row.get("awaiting_sign_off") == "true") and (unsigned or not needed):
        yield _differs(DifferenceKind.STATUS_DIFFERS, row, "workflows.awaiting_sign_off")


def _read_secrets(connection: Connection, ids: list[str]) -> dict[str, SealedSecret]:
    found = rows(connection, SealedSecret, sql("reconciliation/secrets"), {"ids": ids}, binary=True)
    return {secret.id: secret for secret in found}


def _read_sign_offs(connection: Connection, ids: list[str]) -> set[tuple[str, str, str]]:
    return set(connection.execute(sql("reconciliation/sign_offs"), {"ids": ids}).fetchall())


def _differs(kind: DifferenceKind, row: TargetRow, column: str, detail: str = "") -> Difference:
    return Difference(kind, "workflows", str(row["source_id"]), row.get("organization_id"), column, detail)
