"""Organizations that a flag holds back from a phase are left out of its runs."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from atlas_workflows.db.connect import Connection
from atlas_workflows.errors import PhaseRefused
from atlas_workflows.migration.movement.tenants import read_tenancy, resolve_scope
from atlas_workflows.migration.request import Scope, is_uuid
from atlas_workflows.rollout.evaluation import evaluations
from atlas_workflows.rollout.known import KNOWN_FLAGS
from atlas_workflows.rollout.postgres import PostgresFlags


def without_held(connection: Connection, scope: Scope, phase: str, now: datetime) -> Scope:
    """The scope less those whose flag `migration.<phase>` is false; the same scope where nobody is held.

    While somebody is held a run over everything names the others, so rows without an organization wait too.
    Raises PhaseRefused where an organization that was named is held, or nobody is left.
    """
    organizations = read_tenancy(connection, None).organizations
    covered = resolve_scope(scope, organizations).covered
    held = held_back(connection, organizations if covered is None else covered, phase, now)
    if not held:
        return scope
    named = sorted(held & {organization.lower() for organization in scope.organizations})
    if named:
        raise _refusal(f"{', '.join(named)} is held back", phase, named)
    left = sorted((organizations if covered is None else covered) - held)
    if not left:
        raise _refusal("Every organization in scope is held back", phase, sorted(held))
    return Scope(organizations=tuple(left))


def held_back(
    connection: Connection, organizations: Iterable[str], phase: str, now: datetime
) -> frozenset[str]:
    """Which of these organizations the flag of the phase holds back; nobody where the phase has no flag."""
    if f"migration.{phase}" not in {flag.key for flag in KNOWN_FLAGS}:
        return frozenset()
    ids = [UUID(organization) for organization in organizations if is_uuid(organization)]
    found = evaluations(PostgresFlags(connection), f"migration.{phase}", ids, now=now)
    return frozenset(str(organization) for organization, held in found.items() if held.value is False)


def _refusal(fact: str, phase: str, held: list[str]) -> PhaseRefused:
    return PhaseRefused(
        f"{fact} by the flag migration.{phase}.",
        remedy=f"`atlas flags clear migration.{phase} --organization ID --by … --reason …` lets it take part.",
        held=held,
    )
