"""What a certificate speaks of beside the ledger: the enhanced rows, the sealed originals, and the secrets taken out."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import streamed
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import AtlasError
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.migration.ledger.fingerprint import FINGERPRINTED, content_digest, stored_text
from atlas_workflows.migration.reconciliation.columns import AT_REST, DECIDED_HERE
from atlas_workflows.migration.reconciliation.our_side import LedgerEntry, TargetRow, TargetRows
from atlas_workflows.migration.reconciliation.source_side import Row
from atlas_workflows.migration.reconciliation.tree import Kept, TableTree, told
from atlas_workflows.migration.reconciliation.vault import SealedSecret, Vault

# Their rows are in the tree of the ledger.
_IN_THE_LEDGER = frozenset({"migration_ledger"})


# enhanced table -> the columns beside the fingerprinted ones that a certificate covers, in the order in which they are hashed.
# What may change when a workflow is executed here is compared, and not certified for later.
BESIDE: Mapping[str, tuple[str, ...]] = {
    table: () if table in DECIDED_HERE else tuple(AT_REST.get(table, ()))
    for table in FINGERPRINTED
    if table not in _IN_THE_LEDGER
}
CERTIFIED: Mapping[str, tuple[str, ...]] = {
    table: (*FINGERPRINTED[table], *beside) for table, beside in BESIDE.items()
}


@dataclass(slots=True)
class Secrets:
    """The secrets of an organization that migrations took out: as they are sealed, and what they are (keyed)."""

    sealed: TableTree = field(default_factory=TableTree)
    values: TableTree = field(default_factory=TableTree)


def kept_rows(targets: TargetRows) -> Iterator[Kept]:
    """The enhanced rows made of one source row."""
    for table, members in targets.items():
        for member in members if table in BESIDE else ():
            key = str(member.get("source_id") or member.get("row_id") or "")
            yield Kept(table, key, said_of(stored_text(table, member), _beside(table, member)))


def said_of(fingerprinted: str, beside: str) -> str:
    """What is certified of a row: a hash of what is hashed of it anyway, and what the other columns hold."""
    return f"{told(content_digest(fingerprinted))}{beside}"


def _beside(table: str, row: TargetRow) -> str:
    values = [(name, row.get(name)) for name in BESIDE[table]]
    return "".join(
        f"{name}={told(value if isinstance(value, str) else dumps_text(value))};"
        for name, value in values
        if value is not None
    )


def sealed_original(row: Row, entry: LedgerEntry) -> Iterator[Kept]:
    """A sealed original as it lies there; nothing for one that is kept in clear."""
    if entry.sealed is not None:
        yield Kept(row.table, row.id, told(hashlib.sha256(entry.sealed).hexdigest()))


def kept_secrets(connection: Connection, vault: Vault, organizations: list[str] | None) -> dict[str, Secrets]:
    """By organization, of these or (None) of all. One that cannot be opened has no value; the comparison says so where something refers to it."""
    found: dict[str, Secrets] = defaultdict(Secrets)
    statement = sql("reconciliation/migrated_secrets")
    for secret in streamed(
        connection, SealedSecret, statement, {"organizations": organizations}, binary=True
    ):
        of = found[secret.organization_id]
        of.sealed.add(Kept("secrets", secret.id, told(hashlib.sha256(secret.sealed).hexdigest())))
        with suppress(AtlasError):
            of.values.add(Kept("secrets", secret.id, told(vault.hmac(vault.unseal(secret.sealed)))))
    return dict(found)
