"""Feature flags: a typed key with a default, somebody who answers for it, an end and a reason. Pure."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from atlas_workflows import exact_json
from atlas_workflows.errors import InputError, InvalidJson
from atlas_workflows.rollout.cohorts import Cohort, membership

FlagValue = bool | int | Decimal | str


class FlagType(StrEnum):
    """What a flag's value may be."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    STRING = "string"


class Source(StrEnum):
    """Where a flag's value came from."""

    OVERRIDE = "override"
    COHORT = "cohort"
    DEFAULT = "default"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag. `cohort_value` is what organizations of `cohort` get; after `expires_at` the default holds for all."""

    key: str
    type: FlagType
    default: FlagValue
    owner: str
    reason: str
    expires_at: datetime | None
    description: str = ""
    cohort: Cohort | None = None
    cohort_value: FlagValue | None = None

    def __post_init__(self) -> None:
        check_value(self.key, self.type, self.default)
        if self.cohort_value is not None:
            check_value(self.key, self.type, self.cohort_value)


@dataclass(frozen=True, slots=True)
class Override:
    """A flag's value for one organization, set by whom, when and why."""

    flag_key: str
    organization_id: UUID
    value: FlagValue
    set_by: str
    reason: str
    set_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed a flag for everybody, when and why."""

    actor: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The value that holds for an organization, and where it came from."""

    value: FlagValue
    source: Source


def evaluate(flag: Flag, organization_id: UUID, override: Override | None, *, now: datetime) -> Evaluation:
    """The value of a flag for one organization: expiry, then its override, then the cohort, then the default."""
    if is_expired(flag, now=now):
        return Evaluation(flag.default, Source.EXPIRED)
    if override is not None:
        return Evaluation(override.value, Source.OVERRIDE)
    if (
        flag.cohort is not None
        and flag.cohort_value is not None
        and membership(flag.cohort, organization_id).included
    ):
        return Evaluation(flag.cohort_value, Source.COHORT)
    return Evaluation(flag.default, Source.DEFAULT)


def is_expired(flag: Flag, *, now: datetime) -> bool:
    """Whether the flag's end has come."""
    return flag.expires_at is not None and flag.expires_at <= now


def check_value(key: str, flag_type: FlagType, value: object) -> None:
    """Raise InputError unless the value is of the flag's type (true is no integer)."""
    fits = {
        FlagType.BOOLEAN: isinstance(value, bool),
        FlagType.INTEGER: isinstance(value, int) and not isinstance(value, bool),
        FlagType.NUMBER: isinstance(value, int | Decimal) and not isinstance(value, bool),
        FlagType.STRING: isinstance(value, str),
    }[flag_type]
    if not fits:
        raise InputError(
            f"{value!r} is no {flag_type} for the flag {key}.", remedy=f"Give a {flag_type}.", flag=key
        )


def parse_value(key: str, flag_type: FlagType, text: str) -> FlagValue:
    """Read a value a person typed: JSON for booleans and numbers, the text itself for strings."""
    value: object = text
    if flag_type is not FlagType.STRING:
        try:
            value = exact_json.loads(text)
        except InvalidJson:
            value = text
    check_value(key, flag_type, value)
    assert isinstance(value, bool | int | Decimal | str)
    return value
