"""Flags and cohorts in schema atlas; every write is one transaction with its audit entry."""

from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from atlas_workflows import exact_json
from atlas_workflows.audit import Subject, record
from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.rollout.cohorts import Cohort
from atlas_workflows.rollout.flags import Change, Flag, FlagType, FlagValue, Override
from atlas_workflows.rollout.ports import FlagStore


class PostgresFlags(FlagStore):
    """A FlagStore on a connection of the migration role; schema atlas must be there."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def flags(self) -> list[Flag]:
        return [_flag(row) for row in self._rows("rollout/flags", key=None)]

    def flag(self, key: str) -> Flag | None:
        rows = self._rows("rollout/flags", key=key)
        return _flag(rows[0]) if rows else None

    def overrides(self, key: str) -> list[Override]:
        return [_override(row) for row in self._rows("rollout/overrides", key=key, organization_id=None)]

    def override(self, key: str, organization_id: UUID) -> Override | None:
        rows = self._rows("rollout/overrides", key=key, organization_id=organization_id)
        return _override(rows[0]) if rows else None

    def last_change(self, key: str) -> Change | None:
        found = self._rows("rollout/last_change", key=key)
        return Change(**found[0]) if found else None

    def put_flag(self, flag: Flag, *, actor: str, reason: str) -> None:
        before = self.flag(flag.key)
        values = _flag_values(flag)
        with acting_as_migration(self._connection):
            self._connection.execute(sql("rollout/put_flag"), values)
            old = before and _flag_values(before)
            self._audit(actor, "put_flag", "flags", flag.key, reason, before=old, after=values)

    def put_cohort(self, cohort: Cohort, *, actor: str, reason: str) -> None:
        before = self._rows("rollout/cohort", name=cohort.name)
        values = _cohort_values(cohort)
        with acting_as_migration(self._connection):
            self._connection.execute(sql("rollout/put_cohort"), values)
            old = _cohort_values(_cohort(before[0])) if before else None
            self._audit(actor, "put_cohort", "cohorts", cohort.name, reason, before=old, after=values)

    def set_override(self, override: Override) -> None:
        before = self.override(override.flag_key, override.organization_id)
        values = {
            "key": override.flag_key,
            "organization_id": override.organization_id,
            "value": _json(override.value),
            "set_by": override.set_by,
            "reason": override.reason,
            "set_at": override.set_at,
        }
        with acting_as_migration(self._connection):
            self._connection.execute(sql("rollout/set_override"), values)
            self._audit(
                override.set_by, "set_flag", "flag_overrides", override.flag_key, override.reason,
                before=before and before.value, after=override.value, organization_id=override.organization_id,
            )  # fmt: skip

    def clear_override(self, key: str, organization_id: UUID, *, actor: str, reason: str) -> bool:
        before = self.override(key, organization_id)
        if before is None:
            return False
        with acting_as_migration(self._connection):
            self._connection.execute(
                sql("rollout/clear_override"), {"key": key, "organization_id": organization_id}
            )
            self._audit(
                actor, "clear_flag", "flag_overrides", key, reason,
                before=before.value, after=None, organization_id=organization_id,
            )  # fmt: skip
        return True

    def _rows(self, statement: str, **parameters: Any) -> list[dict[str, Any]]:
        with acting_as_migration(self._connection):
            return rows(self._connection, dict, sql(statement), parameters)

    def _audit(
        self, actor: str, action: str, table: str, subject: str, reason: str, *,
        before: object, after: object, organization_id: UUID | None = None,
    ) -> None:  # fmt: skip
        record(
            self._connection, Subject(table, subject), actor=actor, action=action, reason=reason,
            organization_id=organization_id, before_hash=_hash(before), after_hash=_hash(after),
        )  # fmt: skip


def _json(value: FlagValue) -> str:
    return exact_json.dumps(value).decode()


def _hash(value: object) -> str | None:
    return None if value is None else sha256(repr(value).encode()).hexdigest()


def _flag_values(flag: Flag) -> dict[str, Any]:
    return {
        "key": flag.key,
        "type": flag.type.value,
        "default_value": _json(flag.default),
        "owner": flag.owner,
        "expires_at": flag.expires_at,
        "reason": flag.reason,
        "description": flag.description,
        "cohort": flag.cohort.name if flag.cohort else None,
        "cohort_value": None if flag.cohort_value is None else _json(flag.cohort_value),
    }


def _cohort_values(cohort: Cohort) -> dict[str, Any]:
    return {
        "name": cohort.name,
        "percentage": cohort.percentage.quantize(Decimal("0.01")),
        "salt": cohort.salt,
        "allow": sorted(cohort.allow),
        "deny": sorted(cohort.deny),
    }


def _flag(row: Mapping[str, Any]) -> Flag:
    flag_type = FlagType(row["type"])
    return Flag(
        key=row["key"],
        type=flag_type,
        default=exact_json.loads(row["default_value"]),
        owner=row["owner"],
        reason=row["reason"],
        expires_at=row["expires_at"],
        description=row["description"],
        cohort=_cohort(row) if row["cohort"] else None,
        cohort_value=None if row["cohort_value"] is None else exact_json.loads(row["cohort_value"]),
    )


def _cohort(row: Mapping[str, Any]) -> Cohort:
    return Cohort(
        name=row["cohort"],
        percentage=Decimal(row["percentage"]),
        salt=row["salt"],
        allow=frozenset(row["allow"]),
        deny=frozenset(row["deny"]),
    )


def _override(row: Mapping[str, Any]) -> Override:
    return Override(
        flag_key=row["flag_key"],
        organization_id=row["organization_id"],
        value=exact_json.loads(row["value"]),
        set_by=row["set_by"],
        reason=row["reason"],
        set_at=row["set_at"],
    )
