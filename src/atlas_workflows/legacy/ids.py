"""Ids of rows that one legacy row splits into: they follow from its own, so that repeats and old links need no mapping table.

UUIDv5 wherever such ids were given out already; steps, which no link names and which the database makes by the million,
take a UUIDv8 of SHA-256, which PostgreSQL has in its core.
"""

from hashlib import sha1, sha256
from uuid import NAMESPACE_URL, UUID, uuid5

NAMESPACE = uuid5(NAMESPACE_URL, "https://atlas-workflows.dev/ids")
_NAMESPACE_BYTES = NAMESPACE.bytes


def derived_id(table: str, source_id: str, role: str) -> UUID:
    """The id of the row that plays `role` for the legacy row (`table`, `source_id`)."""
    # What uuid5 does, without asking the namespace for its bytes each time: one such id per workflow and trigger.
    name = _NAMESPACE_BYTES + _named(table, source_id, role)
    return UUID(bytes=sha1(name, usedforsecurity=False).digest()[:16], version=5)


def step_id(table: str, source_id: str, at: int) -> str:
    """The id of the step at this place of the array that the legacy row (`table`, `source_id`) carries."""
    digits = sha256(_named(table, source_id, f"step:{at}")).hexdigest()
    # Version 8, and of the variant 10xx the digit that SQL can set without looking.
    return f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"


def _named(table: str, source_id: str, role: str) -> bytes:
    return f"{table}/{source_id}/{role}".encode("utf-8", "surrogatepass")
