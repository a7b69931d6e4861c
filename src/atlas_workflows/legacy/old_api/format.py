"""The old API's format as one thing to hand to whoever speaks it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from atlas_workflows.graph.catalogue import Catalogue
from atlas_workflows.legacy.old_api.originals import document_of_row
from atlas_workflows.legacy.old_api.reading import About, Read, read_document
from atlas_workflows.legacy.old_api.writing import says_the_same, write_document


@dataclass(frozen=True, slots=True)
class OldApi:
    """Documents in and out; the catalogue is loaded when the first one is read."""

    catalogue: Callable[[], Catalogue]

    def read(
        self, document: Mapping[str, Any], *, id: str, organization: str, name: str, description: str,  # noqa: A002
        tags: Sequence[str],
    ) -> Read:  # fmt: skip
        """The definition that a document stands for, or what it is refused for."""
        about = About(id, organization, name, description, tuple(tags))
        return read_document(document, about, self.catalogue())

    def write(self, definition: Mapping[str, Any]) -> dict[str, Any]:
        """The document that comes nearest to a definition."""
        return write_document(definition)

    def says_the_same(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        """Whether two definitions mean the same."""
        return says_the_same(one, other)

    def original(self, columns: Mapping[str, str | None]) -> dict[str, Any] | None:
        """The document that a migrated row was; None where its columns do not say it plainly."""
        return document_of_row(columns)
