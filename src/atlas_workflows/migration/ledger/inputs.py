"""The hash over everything a translation reads: equal hash, equal result, so the row need not be touched again."""

import hashlib
from collections.abc import Iterator

from atlas_workflows.exact_json import dumps_text
from atlas_workflows.legacy.records import Row, SourceRow, Tenancy
from atlas_workflows.migration.ledger.fingerprint import content_digest, original_content

# Raise it whenever translation writes something else for the same row, or the ledger another fingerprint of it: the
# next run then takes every row up again.
TRANSLATION_VERSION = 10
VERSION_LINE = f"translation {TRANSLATION_VERSION}"
TEMPLATE_COLUMN = "template_id"
TENANT_COLUMNS = ("organization_id", "org_id")
# Of these tables the digest of the original stands for it, in a version of their own: another form for the others would have every
# workflow count as changed, which voids its signature and archives what was edited here. Raise it with the version above.
DIGESTED = frozenset({"workflow_executions", "workflow_execution_steps"})
HISTORY_VERSION = 11
HISTORY_LINE = f"translation {HISTORY_VERSION}"
# What a hash without a key begins with. Of these tables a row in which nothing may be a secret takes it, so that the
# database can make it; every other row's is keyed, because a secret can be guessed from a plain hash.
PLAIN_PREFIX = "sha256:"
PLAINLY_HASHED = DIGESTED | {"workflow_analytics"}


def inputs_payload(row: SourceRow, tenancy: Tenancy, content: str | None = None) -> str:
    """The row's original, its side rows, and what the tenancy says of the organizations they name, each on its line.

    `content`: the original, where somebody has it already. Of executions and steps its digest stands for it, because the
    ledger has that anyway, and an original is long.
    """
    original = original_content(row.columns) if content is None else content
    is_digested = row.table in DIGESTED
    lines = [HISTORY_LINE, content_digest(original)] if is_digested else [VERSION_LINE, original]
    for name in sorted(row.side):
        lines.append(name)
        lines.extend(original_content(member) for member in row.side[name])
    lines.extend(sorted(set(tenancy_facts(row, tenancy))))
    return "\n".join(lines)


def plain_hash(payload: str) -> str:
    """The hash of what holds no secret."""
    return PLAIN_PREFIX + hashlib.sha256(payload.encode("utf-8", "surrogatepass")).hexdigest()


def organization_fact(organization: str, tenancy: Tenancy) -> str:
    """What the tenancy says about an organization that a row names."""
    exists, is_user = organization in tenancy.organizations, organization in tenancy.users
    return dumps_text(["organization", organization, exists, is_user, tenancy.zone_of(organization)])


def assumed_fact(tenancy: Tenancy) -> str:
    """What it says about a row that names none."""
    return dumps_text(["assumed", tenancy.assumed, tenancy.zone_of(tenancy.assumed)])


def tenancy_facts(row: SourceRow, tenancy: Tenancy) -> Iterator[str]:
    """Everything that the tenancy says of a row and of those beside it, as often as it comes."""
    yield from _facts_of(row.columns, tenancy)
    for members in row.side.values():
        for member in members:
            yield from _facts_of(member, tenancy)


def _facts_of(row: Row, tenancy: Tenancy) -> Iterator[str]:
    named = [organization for column in TENANT_COLUMNS if (organization := row.get(column)) is not None]
    if not named:
        yield assumed_fact(tenancy)
    for organization in named:
        yield organization_fact(organization, tenancy)
    for endpoint, owner in tenancy.endpoints.items():
        if any(endpoint in text for text in row.values() if text is not None):
            yield dumps_text(["endpoint", endpoint, owner])
    if tenancy.templates is not None and (template := row.get(TEMPLATE_COLUMN)) is not None:
        owner_of_it = tenancy.private_templates.get(template)
        yield dumps_text(["template", template, template in tenancy.templates, owner_of_it])
