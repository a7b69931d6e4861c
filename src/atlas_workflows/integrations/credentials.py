"""Credentials of connectors and other sealed secrets: opened for the organization they belong to, and for no other."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import ConfigurationError
from atlas_workflows.secrets.masking import HIDDEN
from atlas_workflows.secrets.sealing import Sealer


class NoCredential(Exception):
    """There is none, or it cannot be opened; the text says what to do."""


class VaultAway(Exception):
    """The database cannot be asked now."""


def keep_credential(
    connection: Connection, sealer: Sealer, organization: str, connector: str, values: Mapping[str, str]
) -> UUID:
    """Seal an organization's credential, in place of the one before; the id it has."""
    given = {
        "connector": connector,
        "organization": organization,
        "sealed": sealer.seal(json.dumps(dict(sorted(values.items())))),
        "key_id": sealer.key_id,
        "hint": f"{connector} {HIDDEN}",
    }
    kept: UUID | None = scalar(connection, sql("secrets/keep_secret"), given)
    assert kept is not None  # one row by construction
    return kept


def forget_credential(connection: Connection, organization: str, connector: str) -> UUID | None:
    """Remove it; the id it had, None where there was none."""
    given = {"connector": connector, "organization": organization}
    found: UUID | None = scalar(connection, sql("secrets/forget_secret"), given)
    return found


@dataclass(frozen=True, slots=True)
class Vault:
    """Opens sealed secrets with the keys in force; `sealer` is None where there are no keys."""

    pool: ConnectionPool[psycopg.Connection[TupleRow]]
    sealer: Sealer | None

    def credential(self, organization: str, connector: str) -> dict[str, Any]:
        """An organization's credential. Raises NoCredential and VaultAway."""
        sealed = self._sealed("credential", {"organization": organization, "connector": connector})
        if sealed is None:
            remedy = f"Run `atlas secrets set {connector} --organization {organization}`."
            raise NoCredential(f"The organization has no credential for {connector}. {remedy}")
        found: dict[str, Any] = json.loads(self._open(sealed))
        return found

    def secret(self, organization: str, reference: str) -> str:
        """The secret that a step refers to. Raises NoCredential and VaultAway."""
        sealed = self._sealed("of_organization", {"organization": organization, "id": reference})
        if sealed is None:
            raise NoCredential("The organization has no secret of this reference. Enter it anew in the step.")
        return self._open(sealed)

    def _sealed(self, what: str, given: Mapping[str, str]) -> bytes | None:
        try:
            with self.pool.connection() as connection:
                found: bytes | None = scalar(connection, sql(f"secrets/sealed_{what}"), given)
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as cause:
            raise VaultAway("The database cannot be asked for a secret now.") from cause
        except psycopg.Error as cause:
            remedy = (
                "Let the worker log in as the role that owns schema atlas, and run `atlas schema upgrade`."
            )
            raise NoCredential(f"Secrets cannot be read: {type(cause).__name__}. {remedy}") from cause
        return found

    def _open(self, sealed: bytes) -> str:
        if self.sealer is None:
            raise NoCredential("There is no key to open secrets with: set ATLAS_SECRET_KEYS.")
        try:
            return self.sealer.unseal(sealed)
        except ConfigurationError as cause:
            raise NoCredential(str(cause)) from cause
