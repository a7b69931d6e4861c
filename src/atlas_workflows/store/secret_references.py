"""References of a draft to secrets that are not its organization's, named before the database refuses them."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.graph.model import Problem, Severity

KEY = "$secret"
REMEDY = "Seal the secret for this organization and refer to that one."


def secret_problems(connection: Connection, organization: str, document: Any) -> list[Problem]:
    """A problem for each reference to another organization's secret, or to the credential of a connector."""
    found = list(_references(document, "", None))
    given = {"organization": organization, "secrets": [str(secret) for secret, _, _ in found]}
    foreign = set(scalars(connection, sql("engine/foreign_secrets"), given)) if found else set()
    return [_problem(node, field) for secret, node, field in found if str(secret) in foreign]


def _references(value: Any, field: str, node: str | None) -> Iterator[tuple[UUID, str | None, str]]:
    """(secret, step or trigger, field seen from there) of every reference that names an id."""
    if isinstance(value, list):
        for place, item in enumerate(value):
            yield from _in_list(item, field, place, node)
    elif isinstance(value, dict):
        told = value.get(KEY)
        if isinstance(told, str) and (secret := _uuid(told)) is not None:
            yield secret, node, field
        for name, item in value.items():
            yield from _references(item, f"{field}.{name}" if field else name, node)


def _in_list(item: Any, field: str, place: int, node: str | None) -> Iterator[tuple[UUID, str | None, str]]:
    if node is None and field in ("nodes", "triggers") and isinstance(item, dict):
        yield from _references(item, "", str(item.get("id", place)))
    else:
        yield from _references(item, f"{field}[{place}]", node)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _problem(node: str | None, field: str) -> Problem:
    message = "It refers to a secret that is not its organization's."
    return Problem("FOREIGN_SECRET", Severity.ERROR, message, REMEDY, node, field or None)
