"""Reads workflows in the old format for the executor that keeps their meaning: the version of each, or why there is none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.legacy.engine.drawn import OldWorkflow, read_workflow
from atlas_workflows.legacy.engine.outcomes import is_straight
from atlas_workflows.legacy.engine.semantics import BY_NAME, OldEngine, plausible_engines
from atlas_workflows.legacy.execution.able import obstacle
from atlas_workflows.legacy.execution.document import holds_secret, to_document
from atlas_workflows.legacy.records import LegacyWorkflow
from atlas_workflows.legacy.source.tables import READERS
from atlas_workflows.migration.movement.source import WORKFLOWS, Source, read_rows
from atlas_workflows.rollout.ownership import BY_HAND, FIRED, TriggerFacts

AT_ONCE = 100
NOT_SEALED = "It holds a secret in clear, and a version keeps the row as it is."
GONE = "Its row is gone."
NEVER_FIRED = "None of its triggers is known to have fired in the old application."
WHICH_ENGINE = (
    "Several old engines come into question, and they differ; the shadow run says which one it was."
)


@dataclass(frozen=True, slots=True)
class OldVersion:
    """A version in the old format; `obstacle` says why there is none. `asleep` are keys of triggers that stay off."""

    document: Mapping[str, Any] | None = None
    obstacle: str | None = None
    asleep: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A workflow of which a version is asked for: its legacy row, its translation, and what the history says of its triggers."""

    workflow: str
    source_id: str
    definition: Mapping[str, Any]
    triggers: tuple[TriggerFacts, ...]


def old_versions(reader: Connection, source: Source, wanted: Sequence[Wanted]) -> dict[str, OldVersion]:
    """By workflow; reads only."""
    engines = _engines(reader, wanted)
    found: dict[str, OldVersion] = {}
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        rows = read_rows(reader, source, source.table(WORKFLOWS), [item.source_id for item in some])
        records = {row.id: READERS[source.shape.letter].record(row) for row in rows}
        for item in some:
            record = records.get(item.source_id)
            known = engines.get(item.workflow)
            found[item.workflow] = (
                OldVersion(obstacle=GONE) if record is None else version_of(item, record, known)
            )
    return found


def version_of(wanted: Wanted, record: LegacyWorkflow, known_engine: str | None) -> OldVersion:
    """The version of one row; `known_engine` is what the shadow run found. Pure."""
    old = read_workflow(record)
    engine = _engine(old, known_engine)
    awake = tuple(_awake(wanted))
    if holds_secret(record):
        return OldVersion(obstacle=NOT_SEALED)
    if engine is None:
        return OldVersion(obstacle=WHICH_ENGINE)
    if not awake:
        return OldVersion(obstacle=NEVER_FIRED)
    reason = obstacle(old, engine)
    if reason is not None:
        return OldVersion(obstacle=reason)
    asleep = tuple(trigger.key for trigger in wanted.triggers if trigger.key not in awake)
    return OldVersion(to_document(record, wanted.definition, awake, engine.called), asleep=asleep)


def _engine(old: OldWorkflow, known: str | None) -> OldEngine | None:
    if known is not None:
        return BY_NAME[known]
    plausible = plausible_engines(old.shape, is_linear=old.is_linear, column=old.column)
    return plausible[0] if len(plausible) == 1 or is_straight(old) else None


def _awake(wanted: Wanted) -> Iterator[str]:
    """What is known not to have fired, or is not known to, does not fire with the old meaning either, signed or not."""
    told = {trigger.key: trigger for trigger in wanted.triggers}
    for trigger in wanted.definition.get("triggers", ()):
        evidence = told.get(trigger.get("id"))
        if evidence is None or evidence.type == BY_HAND or evidence.evidence == FIRED:
            yield trigger["id"]


def _engines(reader: Connection, wanted: Sequence[Wanted]) -> dict[str, str]:
    given = {"workflows": [item.workflow for item in wanted]}
    return dict(reader.execute(sql("migration/cutover/engines_found"), given).fetchall())
