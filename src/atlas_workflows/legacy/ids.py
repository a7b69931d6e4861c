"""Ids of rows that one legacy row splits into: UUIDv5, so that repeats and old links need no mapping table."""

from hashlib import sha1
from uuid import NAMESPACE_URL, UUID, uuid5

NAMESPACE = uuid5(NAMESPACE_URL, "https://atlas-workflows.dev/ids")
_NAMESPACE_BYTES = NAMESPACE.bytes


def derived_id(table: str, source_id: str, role: str) -> UUID:
    """The id of the row that plays `role` for the legacy row (`table`, `source_id`)."""
    name = f"{table}/{source_id}/{role}".encode("utf-8", "surrogatepass")
    # What uuid5 does, without asking the namespace for its bytes each time: one such id per workflow and trigger.
    return UUID(bytes=sha1(_NAMESPACE_BYTES + name, usedforsecurity=False).digest()[:16], version=5)
