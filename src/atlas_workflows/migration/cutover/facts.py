"""What a cutover knows of each workflow before it decides: signatures, errors, evidence, and whether it is on over there."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import loads
from atlas_workflows.graph.catalogue import Catalogue
from atlas_workflows.graph.model import Problem, Severity
from atlas_workflows.graph.parse import parse
from atlas_workflows.graph.validate import validate
from atlas_workflows.migration.cutover.old_format import OldVersion, Wanted, old_versions
from atlas_workflows.migration.cutover.switch import Switch
from atlas_workflows.migration.ledger.edited import edited_workflows
from atlas_workflows.migration.movement.source import Source
from atlas_workflows.migration.request import is_uuid
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.recurring.survey import let_since
from atlas_workflows.rollout.ownership import (
    FIRED,
    LIVE,
    SCHEDULE,
    Owner,
    Parity,
    TriggerFacts,
    WorkflowFacts,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A workflow that came from the legacy row `source_id`, its draft, and the facts about it.

    `is_edited`: somebody edited the draft here, so it is published when they say so, and not by a cutover. `is_on`: its
    column says so now. `old` is its version in the old format, where somebody chose that executor, or `falls_back` says
    that it may take over executions that fail before their first effect.
    """

    source_id: str
    definition: Mapping[str, Any]
    facts: WorkflowFacts
    is_edited: bool = False
    is_published: bool = False
    is_on: bool = False
    old: OldVersion | None = None
    falls_back: bool = False

    def with_old(self, found: OldVersion, falls_back: bool) -> "Candidate":
        """The same, knowing whether it can be executed with the old meaning."""
        facts = replace(self.facts, old_obstacle=found.obstacle)
        return replace(self, old=found, facts=facts, falls_back=falls_back)

    @property
    def fallback(self) -> Mapping[str, Any] | None:
        """The version that may take over; None where none may."""
        return None if self.old is None or not self.falls_back else self.old.document

    @property
    def wanted(self) -> Wanted:
        """What its version in the old format is made from."""
        return Wanted(self.facts.workflow, self.source_id, self.definition, self.facts.triggers)


def with_old_versions(
    reader: Connection, source: Source, candidates: Sequence[Candidate], falling_back: Collection[str] = ()
) -> list[Candidate]:
    """The same, those that the old application executes with their versions in the old format.

    `falling_back`: organizations whose failing executions these may take over.
    """
    asked = [item for item in candidates if item.facts.owner is Owner.LEGACY_APP and item.facts.is_on_there]
    found = old_versions(reader, source, [item.wanted for item in asked])
    return [
        item.with_old(found[item.facts.workflow], item.facts.organization in falling_back)
        if item.facts.workflow in found
        else item
        for item in candidates
    ]


def read_candidates(
    connection: Connection,
    switch: Switch,
    organizations: Sequence[str] | None,
    parity: Mapping[str, Parity] | None = None,
    clocked_here: Collection[str] = (),
) -> list[Candidate]:
    """Every workflow that came from a legacy row; `parity` is by workflow, from the comparison of semantics.

    `clocked_here`: organizations whose translated schedules fire here already.
    """
    given = {"organizations": None if organizations is None else list(organizations)}
    found: list[dict[str, Any]] = rows(connection, dict, sql("migration/cutover/workflows"), given)
    on = switch.read_on(connection, [row["source_id"] for row in found])
    edited = frozenset(edited_workflows(connection, organizations=given["organizations"]))
    candidates = [_candidate(row, row["source_id"] in on, parity or {}) for row in found]
    return [
        replace(item, is_edited=item.facts.workflow in edited, facts=_with_clock(item, clocked_here))
        for item in candidates
    ]


def scheduled_here(connection: Connection, organizations: Iterable[str], now: datetime) -> Collection[str]:
    """Which of these organizations let their translated schedules fire here."""
    return let_since(connection, [each for each in organizations if is_uuid(each)], now)


def firing_schedules(definition: Mapping[str, Any], triggers: Iterable[TriggerFacts]) -> Iterator[str]:
    """Keys of its schedules that are on and are known to have fired in the old application."""
    fired = {item.key for item in triggers if item.type == SCHEDULE and item.evidence == FIRED}
    for trigger in definition.get("triggers", ()):
        if trigger.get("id") in fired and trigger.get("enabled") is not False:
            yield trigger["id"]


def _with_clock(item: Candidate, clocked_here: Collection[str]) -> WorkflowFacts:
    facts = item.facts
    fires = facts.is_on_there and any(firing_schedules(item.definition, facts.triggers))
    return replace(facts, fires_by_clock=fires and facts.organization not in clocked_here)


def _candidate(row: Mapping[str, Any], is_on: bool, parity: Mapping[str, Parity]) -> Candidate:
    definition = loads(row["definition"])
    is_live = row["status"] == LIVE
    facts = WorkflowFacts(
        workflow=row["workflow"],
        organization=row["organization"],
        owner=Owner(row["owner"]),
        status=row["status"],
        # What is executed here with the old meaning was on over there, and is the same question again.
        is_on_there=is_on or row["owner"] == Owner.ATLAS_LEGACY,
        awaits_sign_off=row["awaiting_sign_off"],
        is_settled=row["is_settled"],
        errors=tuple(_errors(definition)) if is_live else (),
        parity=parity.get(row["workflow"], Parity.NOT_COMPARED),
        triggers=tuple(TriggerFacts(*trigger) for trigger in row["triggers"]),
        signed=frozenset(row["signed"]),
    )
    return Candidate(row["source_id"], definition, facts, is_published=row["is_published"], is_on=is_on)


def _errors(definition: Mapping[str, Any]) -> Iterator[str]:
    """Codes of what keeps a definition from being executed."""
    workflow, problems = parse(definition)
    found: Sequence[Problem] = problems
    if workflow is not None:
        found = [*problems, *validate(workflow, _catalogue(), hints=False)]
    yield from sorted({str(problem.code) for problem in found if problem.severity is Severity.ERROR})


@cache
def _catalogue() -> Catalogue:
    return load_catalogue()
