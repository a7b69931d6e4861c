"""What v1 needs of the old format: the translation stands beside the engine, and whoever builds the application hands it in."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Remark(Protocol):
    """A finding with its place in the document."""

    @property
    def code(self) -> str: ...
    @property
    def field(self) -> str | None: ...
    @property
    def message(self) -> str: ...


class Read(Protocol):
    """What a document means; `definition` is None where it is refused."""

    @property
    def definition(self) -> Mapping[str, Any] | None: ...
    @property
    def refused(self) -> Sequence[Remark]: ...
    @property
    def told(self) -> Sequence[Remark]: ...


class OldFormat(Protocol):
    """Documents of v1: nodes, edges, variables, trigger_type, trigger_config and settings."""

    def read(
        self, document: Mapping[str, Any], *, id: str, organization: str, name: str, description: str,  # noqa: A002
        tags: Sequence[str],
    ) -> Read:  # fmt: skip
        """The definition that a document stands for."""

    def write(self, definition: Mapping[str, Any]) -> dict[str, Any]:
        """The document that comes nearest to a definition."""

    def says_the_same(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        """Whether two definitions mean the same."""

    def original(self, columns: Mapping[str, str | None]) -> dict[str, Any] | None:
        """The document that a migrated row was; None where its columns do not say it plainly."""
