"""Ids of sealed secrets: made with a key, so that nobody who knows a row's id can name its secret.

Translation, which knows no key, names a secret by its row and place. Before anything is written these names become
keyed ones, and whatever stands there as a reference and is none of ours stops being one. Pure.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from atlas_workflows.legacy.hidden_rows import DOCUMENTS, rehashed
from atlas_workflows.legacy.ids import derived_id
from atlas_workflows.legacy.records import RowsOutcome, SourceRow
from atlas_workflows.legacy.source.references import MARK

Keyed = Callable[[str], str]
WEBHOOKS = "webhook_triggers"
REFERRING = ("secret_id", "webhook_secret_id")
# In JSON text a quote inside a text is escaped, so this finds keys alone.
_REFERENCE = re.compile(r'"\$secret": ?("[0-9a-f-]{36}"(?=\})|)')


def secret_id(name: UUID | str, keyed: Keyed) -> UUID:
    """The id under which the secret of this name is sealed; the same for the same key of identity."""
    return UUID(keyed(f"secret id {name}")[:32], version=4)


def with_keyed_ids(verdict: RowsOutcome, row: SourceRow, keyed: Keyed) -> RowsOutcome:
    """The verdict with every secret under its keyed id, in the rows as well."""
    if not verdict.secrets and not any(
        map(_refers, (row for members in verdict.rows.values() for row in members))
    ):
        return verdict
    own = {str(found.id) for found in verdict.secrets} | set(_lent(row))
    rows = {
        table: [_with_keyed_ids(member, own, keyed) for member in members]
        for table, members in verdict.rows.items()
    }
    secrets = tuple(replace(found, id=secret_id(found.id, keyed)) for found in verdict.secrets)
    return replace(verdict, rows=rows, secrets=secrets)


def _lent(row: SourceRow) -> Iterable[str]:
    """Secrets that rows beside this one seal, and that its triggers refer to."""
    for members in row.side.values():
        for member in members:
            yield str(derived_id(WEBHOOKS, member.get("id") or "", "secret:secret"))


def _refers(row: Mapping[str, Any]) -> bool:
    return any(type(value) is str and MARK in value for value in row.values())


def _with_keyed_ids(row: Mapping[str, Any], own: Collection[str], keyed: Keyed) -> dict[str, Any]:
    def reference(match: re.Match[str]) -> str:
        name = match[1].strip('"')
        if name not in own:
            return match.group().replace("$secret", "$$secret")
        return match.group().replace(name, str(secret_id(name, keyed)))

    made = dict(row)
    for name, value in row.items():
        if name in REFERRING:
            made[name] = str(secret_id(value, keyed)) if value in own else None
        elif name in DOCUMENTS and type(value) is str and MARK in value:
            made[name] = _REFERENCE.sub(reference, value)
    return rehashed(made, row)
