"""Ids of rows that one legacy row splits into: UUIDv5, so that repeats and old links need no mapping table."""

from uuid import NAMESPACE_URL, UUID, uuid5

NAMESPACE = uuid5(NAMESPACE_URL, "https://atlas-workflows.dev/ids")


def derived_id(table: str, source_id: str, role: str) -> UUID:
    """The id of the row that plays `role` for the legacy row (`table`, `source_id`)."""
    return uuid5(NAMESPACE, f"{table}/{source_id}/{role}")
