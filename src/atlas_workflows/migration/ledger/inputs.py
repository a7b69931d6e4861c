"""The hash over everything a translation reads: equal hash, equal result, so the row need not be touched again."""

from collections.abc import Iterator

from atlas_workflows.legacy.records import Row, SourceRow, Tenancy
from atlas_workflows.migration.ledger.fingerprint import original_content

# Raise it whenever translation writes something else for the same row, or the ledger another fingerprint of it: the
# next run then takes every row up again.
TRANSLATION_VERSION = 9
TEMPLATE_COLUMN = "template_id"
TENANT_COLUMNS = ("organization_id", "org_id")


def inputs_payload(row: SourceRow, tenancy: Tenancy) -> str:
    """The row, its side rows, and what the tenancy says about the organizations they name, as one text."""
    parts = [f"translation {TRANSLATION_VERSION}", original_content(row.columns)]
    for name in sorted(row.side):
        parts.append(name)
        parts.extend(original_content(member) for member in row.side[name])
    parts.extend(sorted(set(_tenancy_facts(row, tenancy))))
    return "\x00".join(parts)


def _tenancy_facts(row: SourceRow, tenancy: Tenancy) -> Iterator[str]:
    yield from _facts_of(row.columns, tenancy)
    for members in row.side.values():
        for member in members:
            yield from _facts_of(member, tenancy)


def _facts_of(row: Row, tenancy: Tenancy) -> Iterator[str]:
    named = [row[column] for column in TENANT_COLUMNS if row.get(column) is not None]
    if not named:
        yield f"assumed {tenancy.assumed} {tenancy.zone_of(tenancy.assumed)}"
    for organization in named:
        exists = organization in tenancy.organizations
        yield f"{organization} {exists} {organization in tenancy.users} {tenancy.zone_of(organization)}"
    for endpoint, owner in tenancy.endpoints.items():
        if any(endpoint in text for text in row.values() if text is not None):
            yield f"endpoint {endpoint} {owner}"
    if tenancy.templates is not None and row.get(TEMPLATE_COLUMN) is not None:
        yield f"template {row[TEMPLATE_COLUMN]} {row[TEMPLATE_COLUMN] in tenancy.templates}"
        yield f"owner of it {tenancy.private_templates.get(str(row[TEMPLATE_COLUMN]))}"
