"""No column is blind: whatever schema atlas holds is compared, or listed as not compared with the reason."""

import psycopg
import pytest

from atlas_workflows.migration.ledger.fingerprint import FINGERPRINTED, target_fingerprint
from atlas_workflows.migration.reconciliation.carried import MAIN_ROW
from atlas_workflows.migration.reconciliation.certified import CERTIFIED
from atlas_workflows.migration.reconciliation.columns import (
    AT_REST,
    BY_RULE,
    COUNTED,
    COUNTED_NOT_COMPARED,
    DECIDED_HERE,
    NEVER_MIGRATED,
    NOT_COMPARED,
    TABLES_NOT_COMPARED,
    compared_by,
    not_compared_because,
)

COLUMNS = """
SELECT c.relname, a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace = 'atlas'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0
    AND NOT a.attisdropped
"""
TRACED = {"source_table", "source_id", "organization_id"}
# What is kept beside the enhanced rows and is compared as well.
CONTROL = {
    "migration_ledger",
    "originals",
    "quarantine",
    "secrets",
    "sign_offs",
    "captured_changes",
    "archive",
}


@pytest.fixture
def catalog(atlas_dsn: str) -> dict[str, set[str]]:
    """Every table of the schema as it is now, those of later phases included."""
    tables: dict[str, set[str]] = {}
    with psycopg.connect(atlas_dsn) as connection:
        for table, column in connection.execute(COLUMNS):
            tables.setdefault(table, set()).add(column)
    return tables


def test_every_column_is_compared_or_listed_with_the_reason(catalog: dict[str, set[str]]) -> None:
    everything = {(table, column) for table, columns in catalog.items() for column in columns}
    assert len(everything) > 600
    compared = {place for place in everything if compared_by(*place)}
    listed = {place for place in everything if not_compared_because(*place)}
    assert everything - compared - listed == set()
    assert compared & listed == set()


def test_whatever_names_a_source_row_is_compared(catalog: dict[str, set[str]]) -> None:
    """A table as a whole may be left out only where no row of it comes from a legacy row."""
    traced = {table for table, columns in catalog.items() if columns >= TRACED}
    assert traced - CONTROL - {"legacy_writes", "validation_failing_keys"} == NEVER_MIGRATED | (
        FINGERPRINTED.keys() - CONTROL
    )
    assert not (traced & TABLES_NOT_COMPARED.keys()) - {"legacy_writes", "validation_failing_keys"}


def test_nothing_is_listed_that_is_not_there(catalog: dict[str, set[str]]) -> None:
    stale = {
        (table, column)
        for kind in (AT_REST, BY_RULE, NOT_COMPARED, CERTIFIED)
        for table, columns in kind.items()
        for column in columns
        if column not in catalog.get(table, ())
    }
    assert stale == set()
    assert TABLES_NOT_COMPARED.keys() | NEVER_MIGRATED <= catalog.keys()
    assert all(column in catalog[table] for table, column in DECIDED_HERE.items())
    assert catalog["workflow_analytics"] == COUNTED | COUNTED_NOT_COMPARED.keys()
    assert not COUNTED & COUNTED_NOT_COMPARED.keys()


def test_certificates_cover_every_row_that_is_compared() -> None:
    assert CERTIFIED.keys() == FINGERPRINTED.keys() - {"migration_ledger"}
    assert {table for table, _ in MAIN_ROW.values()} <= CERTIFIED.keys()
    assert all(set(FINGERPRINTED[table]) <= set(columns) for table, columns in CERTIFIED.items())


@pytest.mark.parametrize("table", sorted(FINGERPRINTED))
def test_a_fingerprint_tells_every_column_of_its_own(table: str) -> None:
    empty = target_fingerprint({table: [{}]})
    told = {target_fingerprint({table: [{column: "1"}]}) for column in FINGERPRINTED[table]}
    assert len(told) == len(FINGERPRINTED[table])
    assert empty not in told
