"""Keys to the API."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from atlas_workflows.api.manners.exact import Instant, Model


class Scope(StrEnum):
    """What a key may open."""

    READ = "workflow:analytics"
    CREATE = "workflow:create"
    EDIT = "workflow:edit"
    DELETE = "workflow:delete"
    EXECUTE = "workflow:execute"
    TEMPLATES = "template:manage"
    ADMINISTER = "system:admin"


class ApiKey(Model):
    """A key as it may be shown. `last_used_at` is to the minute."""

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


class MadeKey(ApiKey):
    """A key with its text, which is shown this once."""

    key: str


class ApiKeys(Model):
    """A page of keys, the newest first."""

    items: list[ApiKey]
    next: str | None


class NewApiKey(Model):
    """A key to be made."""

    name: str = Field(min_length=1, max_length=100)
    scopes: list[Scope] = Field(min_length=1, max_length=len(Scope))
    reason: str = Field(min_length=1, max_length=1_000)
    expires_at: Instant | None = None
