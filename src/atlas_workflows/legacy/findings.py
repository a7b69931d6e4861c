"""What a translation finds out on its way: reasons, changes, secrets; handed down, never global."""

from collections.abc import Iterable
from itertools import count
from typing import Any
from uuid import UUID

from atlas_workflows.legacy.ids import derived_id
from atlas_workflows.legacy.reasons import INFORMATIVE, Reason, ReasonCode, SemanticChange
from atlas_workflows.legacy.records import SecretFound
from atlas_workflows.secrets.masking import hide_secrets, mask, mask_values


class Findings:
    """Collects for one source row.

    `is_plain`: none of the row's texts holds a number that could lose digits, or anything PostgreSQL cannot store.
    """

    __slots__ = (
        "changes", "inactive", "is_plain", "lent", "reasons", "secrets", "source_id", "table", "variables",
    )  # fmt: skip

    def __init__(self, table: str, source_id: str) -> None:
        self.table = table
        self.source_id = source_id
        self.reasons: list[Reason] = []
        self.changes: list[SemanticChange] = []
        self.secrets: list[SecretFound] = []
        self.lent: set[str] = set()  # secrets of rows beside this one, sealed with them
        self.inactive = False
        self.is_plain = False
        self.variables: frozenset[str] = (
            frozenset()
        )  # the workflow's own, which texts and conditions may name

    @property
    def is_warned(self) -> bool:
        """Whether anything was found that is more than information."""
        return bool(self.changes) or any(reason.code not in INFORMATIVE for reason in self.reasons)

    def reason(self, code: ReasonCode, field: str | None, message: str) -> None:
        """Note why the row is not plainly migrated; the same finding twice counts once."""
        found = Reason(code, field, message)
        if found not in self.reasons:
            self.reasons.append(found)

    def change(self, code: ReasonCode, field: str | None, message: str, *, before: Any, after: Any) -> None:
        """Note something customers would notice."""
        self.changes.append(SemanticChange(code, field, before, after, message))

    def keep_inactive(self) -> None:
        """Whatever the status says, this workflow must not be switched on by the migration."""
        self.inactive = True

    def secret(self, path: str, value: str) -> UUID:
        """Take a secret out; the id it gets depends only on the row, the place, and which of several there it is."""
        for number in count(1):
            id_ = derived_id(
                self.table, self.source_id, f"secret:{path}" + (f"#{number}" if number > 1 else "")
            )
            known = next((found for found in self.secrets if found.id == id_), None)
            if known is None:
                self.secrets.append(SecretFound(id_, path, value))
            if known is None or known.value == value:
                return id_
        raise AssertionError("count never ends")

    def is_own(self, reference: Any) -> bool:
        """Whether a reference is one of ours: only what translation itself took out is, whatever legacy content says."""
        return reference in self.lent or any(str(found.id) == reference for found in self.secrets)

    def merge_secrets(self, secrets: Iterable[SecretFound]) -> None:
        """Take over the secrets that a translation of part of this row has found."""
        known = {found.id for found in self.secrets}
        self.secrets.extend(found for found in secrets if found.id not in known)

    def hide_secrets(self) -> None:
        """Mask what messages and examples quote, where the row holds secrets."""
        self.reasons = [Reason(r.code, _hidden(r.field), mask(r.message)) for r in self.reasons]
        self.changes = [
            SemanticChange(
                c.code, _hidden(c.field), mask_values(c.before), mask_values(c.after), mask(c.message)
            )
            for c in self.changes
        ]

    def merge(self, reasons: tuple[Reason, ...], changes: tuple[SemanticChange, ...]) -> None:
        """Take over what conditions, templates, waits and schedules found."""
        for found in reasons:
            if found not in self.reasons:
                self.reasons.append(found)
        self.changes.extend(changes)


def _hidden(field: str | None) -> str | None:
    return None if field is None else hide_secrets(field)
