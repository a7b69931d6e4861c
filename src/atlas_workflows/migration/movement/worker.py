"""Takes source rows through comparison, translation and loading; the same for a batch, a captured change or a sweep."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import loads
from atlas_workflows.legacy.records import SourceRow, SourceTable
from atlas_workflows.migration.movement.entry import Entry, Sealer, is_unchanged, make_entry
from atlas_workflows.migration.movement.load import Loader, Stamp
from atlas_workflows.migration.movement.source import WORKFLOWS, Source, read_rows
from atlas_workflows.migration.movement.target import Target, remove, tables_of
from atlas_workflows.migration.pace.throttle import Breathe, no_rest

Parent = tuple[str, str]
# Rows named by key are not bounded by bytes, so few are held at once.
ROWS_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of some source rows: those written, those outside the run's organizations, those unchanged."""

    written: tuple[Entry, ...] = ()
    foreign: tuple[str, ...] = ()
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Worker:
    """One process's hands: a session that reads the legacy side and one that writes ours, both in autocommit.

    `set_wise`: whether plain history rows may be moved inside the database; their outcome is the same either way.
    """

    reader: Connection
    writer: Connection
    source: Source
    target: Target
    sealer: Sealer
    run_id: UUID
    phase: str
    now: Callable[[], datetime]
    breathe: Breathe = no_rest
    set_wise: bool = True

    def take(self, table: SourceTable, rows: Sequence[SourceRow]) -> Taken:
        """Write what changed of these rows; the caller owns the transaction on `writer`.

        A workflow that is executed here is passed over: from its cutover on the old application decides nothing about it.
        """
        known = self._known(table.table, [row.id for row in rows])
        changed = [
            row
            for row in rows
            if not self._is_ours(table.table, row.id)
            and not is_unchanged(row, self.source.tenancy, self.sealer, known.get(row.id))
        ]
        entries = [self._entry(row, table) for row in changed]
        ours = [entry for entry in entries if self.source.tenants.covers(entry.organization_id)]
        foreign = tuple(
            entry.id for entry in entries if not self.source.tenants.covers(entry.organization_id)
        )
        return Taken(self.loader().load(ours), foreign, len(rows) - len(changed))

    def take_ids(self, table: SourceTable, ids: Sequence[str]) -> tuple[Taken, tuple[str, ...]]:
        """The same for rows named by key; also the keys that no longer exist at the source."""
        present: set[str] = set()
        parts = []
        for start in range(0, len(ids), ROWS_AT_ONCE):
            rows = read_rows(self.reader, self.source, table, ids[start : start + ROWS_AT_ONCE])
            present.update(row.id for row in rows)
            parts.append(self.take(table, rows))
        return _joined(parts), tuple(key for key in ids if key not in present)

    def drop(self, table: str, ids: Sequence[str]) -> tuple[Parent, ...]:
        """Remove what was made of source rows that are gone; returns the rows that carried them."""
        ids = [key for key in ids if not self._is_ours(table, key)]
        parameters = {"source_table": table, "ids": list(ids), "at": self.now(), "run_id": self.run_id}
        recorded = self._recorded_tables(table, ids)
        parents = self._parents_of(table, ids)
        marked = scalars(self.writer, sql("migration/movement/mark_deleted"), parameters)
        if marked:
            self.writer.execute(sql("migration/ledger/void_sign_offs"), parameters)
            remove(self.writer, tables_of(self.target, recorded), table, marked)
            self.writer.execute(sql("migration/movement/close_quarantine"), parameters)
        return parents

    def gone(self, table: SourceTable) -> list[str]:
        """Keys the ledger knows and the source no longer has."""
        statement = sql("migration/movement/gone_from_source").format(
            source=compose.Identifier(self.source.catalog.schema, table.table),
            key=compose.Identifier(table.key),
        )
        covered = self.source.tenants.covered
        organizations = None if covered is None else sorted(covered)
        parameters = {"source_table": table.table, "organizations": organizations}
        return scalars(self.reader, statement, parameters)

    def _entry(self, row: SourceRow, table: SourceTable) -> Entry:
        entry = make_entry(row, table, self.source.tenancy, self.sealer)
        self.breathe()
        return entry

    def loader(self) -> Loader:
        """What writes entries now, stamped with this run."""
        stamp = Stamp(self.run_id, self.phase, self.now())
        return Loader(self.writer, self.target, self.sealer, stamp, self.breathe)

    def _is_ours(self, table: str, id_: str) -> bool:
        return table == WORKFLOWS and id_ in self.source.own_writes.taken_over

    def _known(self, table: str, ids: list[str]) -> dict[str, str]:
        cursor = self.writer.execute(
            sql("migration/movement/known_rows"), {"source_table": table, "ids": ids}
        )
        return dict(cursor.fetchall())

    def _recorded_tables(self, table: str, ids: Sequence[str]) -> set[str]:
        cursor = self.writer.execute(
            sql("migration/movement/written_before"), {"source_table": table, "ids": list(ids)}
        )
        return {name for _, _, target_hash, _ in cursor for name in loads(target_hash or "{}")}

    def _parents_of(self, name: str, ids: Sequence[str]) -> tuple[Parent, ...]:
        """A row that is gone cannot be asked for its parent, but its original can."""
        table = self.source.table(name)
        cursor = self.writer.execute(
            sql("migration/movement/read_originals"), {"source_table": name, "ids": list(ids)}
        )
        parents = set()
        for key, content, sealed in cursor:
            text = content if content is not None else self.sealer.unseal(bytes(sealed))
            verdict = table.rows(SourceRow(name, key, loads(text)), self.source.tenancy)
            if verdict.parent is not None:
                parents.add(verdict.parent)
        return tuple(sorted(parents))


def _joined(parts: Sequence[Taken]) -> Taken:
    return Taken(
        written=tuple(entry for part in parts for entry in part.written),
        foreign=tuple(key for part in parts for key in part.foreign),
        unchanged=sum(part.unchanged for part in parts),
    )


def parents_of(entries: Iterable[Entry]) -> tuple[Parent, ...]:
    """The rows whose translation carries these entries."""
    return tuple(sorted({entry.parent for entry in entries if entry.parent is not None}))
