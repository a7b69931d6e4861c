"""What a cutover knows of each workflow before it decides: signatures, errors, evidence, and whether it is on over there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from atlas_workflows.migration.cutover.switch import Switch
from atlas_workflows.migration.ledger.edited import edited_workflows
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.rollout.ownership import LIVE, Owner, Parity, TriggerFacts, WorkflowFacts


@dataclass(frozen=True, slots=True)
class Candidate:
    """A workflow that came from the legacy row `source_id`, its draft, and the facts about it.

    `is_edited`: somebody edited the draft here, so it is published when they say so, and not by a cutover.
    """

    source_id: str
    definition: Mapping[str, Any]
    facts: WorkflowFacts
    is_edited: bool = False
    is_published: bool = False


def read_candidates(
    connection: Connection,
    switch: Switch,
    organizations: Sequence[str] | None,
    parity: Mapping[str, Parity] | None = None,
) -> list[Candidate]:
    """Every workflow that came from a legacy row; `parity` is by workflow, from the comparison of semantics."""
    given = {"organizations": None if organizations is None else list(organizations)}
    found: list[dict[str, Any]] = rows(connection, dict, sql("migration/cutover/workflows"), given)
    on = switch.read_on(connection, [row["source_id"] for row in found])
    edited = frozenset(edited_workflows(connection, organizations=given["organizations"]))
    return [
        replace(_candidate(row, row["source_id"] in on, parity or {}), is_edited=row["workflow"] in edited)
        for row in found
    ]


def _candidate(row: Mapping[str, Any], is_on: bool, parity: Mapping[str, Parity]) -> Candidate:
    definition = loads(row["definition"])
    is_live = row["status"] == LIVE
    facts = WorkflowFacts(
        workflow=row["workflow"],
        organization=row["organization"],
        owner=Owner(row["owner"]),
        status=row["status"],
        is_on_there=is_on,
        awaits_sign_off=row["awaiting_sign_off"],
        is_settled=row["is_settled"],
        errors=tuple(_errors(definition)) if is_live else (),
        parity=parity.get(row["workflow"], Parity.NOT_COMPARED),
        triggers=tuple(TriggerFacts(*trigger) for trigger in row["triggers"]),
        signed=frozenset(row["signed"]),
    )
    return Candidate(row["source_id"], definition, facts, is_published=row["is_published"])


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
