"""Names and texts of other people's inside statements that take parameters, where a per cent sign has a meaning."""

from psycopg import sql
from psycopg.abc import AdaptContext


class Named(sql.Identifier):
    """An identifier whose per cent signs are doubled: for statements that are executed with parameters, and only those.

    psycopg looks for placeholders in the whole text, quoted names included.
    """

    def as_bytes(self, context: AdaptContext | None = None) -> bytes:
        return super().as_bytes(context).replace(b"%", b"%%")


class Quoted(sql.Literal):
    """A text constant with the same; SQL's other constants have no per cent signs."""

    def as_bytes(self, context: AdaptContext | None = None) -> bytes:
        return super().as_bytes(context).replace(b"%", b"%%")


def array_of(type_name: str) -> sql.SQL:
    """The array type of a type as the catalog writes it (`format_type`), for statements with parameters."""
    # The catalog's own words, quoted where they must be; nothing a person types.
    return sql.SQL(f"{type_name.replace('%', '%%')}[]")
