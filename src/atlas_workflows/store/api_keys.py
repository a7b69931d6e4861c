"""Keys to the HTTP API: made, listed, revoked (audited) and looked up by what a caller brings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import InputError
from atlas_workflows.secrets.api_keys import NewKey, hash_of, mint
from atlas_workflows.store.steering import By, audit

# What atlas.permissions_of knows; tests/api/test_api_keys.py holds the two together.
SCOPES = (
    "workflow:analytics",
    "workflow:create",
    "workflow:edit",
    "workflow:delete",
    "workflow:execute",
    "template:manage",
    "system:admin",
)
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it may be shown: the key itself is kept nowhere. `last_used_at` is to the minute."""

    id: str
    organization: str
    name: str
    prefix: str
    scopes: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None

    def refusal(self, now: datetime) -> str | None:
        """Why it opens nothing, in words; None where it is in force."""
        if self.revoked_at is not None:
            return "The key was revoked."
        return "The key has expired." if self.expires_at is not None and self.expires_at <= now else None


def create_key(
    connection: Connection,
    organization: str,
    name: str,
    scopes: Iterable[str],
    by: By,
    now: datetime,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, NewKey]:
    """A new key, whose text is not to be had again. Raises InputError for a name, scope or end that cannot be."""
    wanted, named = sorted(set(scopes)), name.strip()
    _require_possible(named, wanted, expires_at, now)
    made = mint()
    given = {
        "organization": organization, "name": named, "prefix": made.prefix, "hash": made.hash, "scopes": wanted,
        "by": by.actor.strip(), "expires_at": expires_at,
    }  # fmt: skip
    with connection.transaction():
        kept = one(connection, ApiKey, sql("api/insert_key"), given)
        if kept is None:
            raise InputError(
                f"A key named {named!r} is in force.", remedy="Revoke that one, or take another name."
            )
        audit(connection, organization, ("api_keys", kept.id), "create_api_key", by)
    return kept, made


def list_keys(
    connection: Connection, organization: str, limit: int, before: tuple[datetime, str] | None = None
) -> list[ApiKey]:
    """The newest first, those that are revoked or have expired too."""
    return _keys(connection, organization, None, limit, before)


def read_key(connection: Connection, organization: str, key: str) -> ApiKey | None:
    """One key of an organization."""
    return next(iter(_keys(connection, organization, key, 1, None)), None)


def revoke_key(connection: Connection, organization: str, key: str, by: By, now: datetime) -> ApiKey:
    """End a key; from the next request on it opens nothing. Raises InputError where none of this id is in force."""
    given = {"organization": organization, "id": key, "by": by.actor.strip(), "now": now}
    with connection.transaction():
        found = one(connection, ApiKey, sql("api/revoke_key"), given)
        if found is None:
            raise InputError(
                f"No key {key} of this organization is in force.", remedy="See `atlas api-key list`."
            )
        audit(connection, organization, ("api_keys", key), "revoke_api_key", by)
    return found


def find_key(connection: Connection, text: str, now: datetime) -> ApiKey | None:
    """The key whose text this is, also one that opens nothing any more."""
    return one(connection, ApiKey, sql("api/key_by_hash"), {"hash": hash_of(text), "now": now})


def _keys(
    connection: Connection,
    organization: str,
    key: str | None,
    limit: int,
    before: tuple[datetime, str] | None,
) -> list[ApiKey]:
    at, place = before or (None, None)
    given = {"organization": organization, "id": key, "limit": limit, "before_at": at, "before_id": place}
    return rows(connection, ApiKey, sql("api/keys"), given)


def _require_possible(name: str, scopes: list[str], expires_at: datetime | None, now: datetime) -> None:
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise InputError(
            f"A key's name has 1 to {LONGEST_NAME} letters.",
            remedy="Name it after who uses it.",
            field="name",
        )
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        said = f"There is no scope {unknown[0][:60]!r}." if unknown else "A key needs a scope."
        raise InputError(said, remedy=f"Scopes are {', '.join(SCOPES)}.", field="scopes")
    if expires_at is not None and expires_at <= now:
        raise InputError(
            "The key would have expired already.", remedy="Name a later time.", field="expires_at"
        )
