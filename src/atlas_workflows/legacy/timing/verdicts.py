"""Collects what the translation of one wait or schedule finds, and the error that ends it."""

from typing import Any

from atlas_workflows.legacy.reasons import Reason, ReasonCode, SemanticChange


class Unreadable(Exception):
    """The form means nothing; carries the field and why."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field
        self.why = why


class Verdict:
    """Reasons and changes, each under the path of the thing translated."""

    __slots__ = ("changes", "path", "reasons")

    def __init__(self, path: str) -> None:
        self.path = path
        self.reasons: list[Reason] = []
        self.changes: list[SemanticChange] = []

    def at(self, field: str) -> str:
        """Full path of a field below the thing translated."""
        return ".".join(part for part in (self.path, field) if part)

    def reason(self, code: ReasonCode, field: str, message: str) -> None:
        """Note a reason once."""
        found = Reason(code, self.at(field), message)
        if found not in self.reasons:
            self.reasons.append(found)

    def change(self, code: ReasonCode, before: Any, after: Any, message: str) -> None:
        """Note a change of meaning of the whole thing."""
        self.changes.append(SemanticChange(code, self.path, before, after, message))
