"""The hashes and ids of the ledger as SQL expressions, for statements that move or prove many rows at once.

Each says exactly what its Python twin says (`fingerprint`, `inputs`, legacy.ids); a property test holds them together. They
mention what they are given more than once, so give them columns of a materialized subquery, not expressions that cost
something. For statements with parameters, in databases of encoding UTF8.
"""

from collections.abc import Collection, Mapping, Sequence

from psycopg.sql import SQL, Composable, Composed

from atlas_workflows.db.named import Named, Quoted
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.migration.ledger.fingerprint import FINGERPRINTED
from atlas_workflows.migration.ledger.inputs import PLAIN_PREFIX

# A function takes a hundred arguments at most, and a column of an original takes two.
_COLUMNS_AT_ONCE = 40
UUID_LENGTH = 36


def row_text(table: str, values: Mapping[str, Composable], uuids: Collection[str] = ()) -> Composed:
    """What is hashed of a row of schema atlas; `values`: text expressions by column, those that are not given are NULL.

    `uuids`: the columns whose text is that of a uuid, which need not be measured.
    """
    parts = [
        _told_at_length(name, values[name], UUID_LENGTH if name in uuids else None)
        for name in FINGERPRINTED[table]
        if name in values
    ]
    return SQL("concat({})").format(SQL(", ").join(parts))


def _told_at_length(name: str, value: Composable, length: int | None) -> Composed:
    if length is not None:
        return SQL("{} || {} || ';'").format(Quoted(f"{name}={length}:"), value)
    measured = SQL("{} || char_length({})::text || ':' || {} || ';'")
    return measured.format(Quoted(f"{name}="), value, value)


def digest_of_one(text: Composable) -> Composed:
    """The digest of a table that holds one row of the source row."""
    return SQL("left({}, 32)").format(sha256_hex(text))


def digest_of_many(text: Composable) -> Composed:
    """The same over several, as an aggregate; NULL over none."""
    return digest_of_one(
        SQL("string_agg({text}, E'\\n' ORDER BY {text} COLLATE {bytewise})").format(
            text=text, bytewise=Named("C")
        )
    )


def target_hash(digests: Mapping[str, Composable]) -> Composed:
    """The ledger's JSON text; a table whose digest is NULL is left out."""
    members = [
        SQL("'\"' || {} || '\":\"' || {} || '\"'").format(Quoted(table), digests[table])
        for table in sorted(digests)
    ]
    return SQL("'{{' || concat_ws(',', {}) || '}}'").format(SQL(", ").join(members))


def content(columns: Sequence[str], alias: str, bare: Collection[str] = ()) -> Composed:
    """The original of a row: `columns` of `alias` in their order.

    `bare`: those that are text here and whose text JSON need not escape, as no uuid, number or time holds a quote.
    """
    chunks = [columns[at : at + _COLUMNS_AT_ONCE] for at in range(0, len(columns), _COLUMNS_AT_ONCE)]
    parts = [_members(chunk, alias, bare, is_first=not at) for at, chunk in enumerate(chunks)]
    return SQL("'{{' || {} || '}}'").format(SQL(" || ").join(parts))


def _members(columns: Sequence[str], alias: str, bare: Collection[str], *, is_first: bool) -> Composed:
    parts = [
        SQL("{}, coalesce({}, 'null')").format(
            Quoted(f"{'' if is_first and not at else ','}{dumps_text(name)}:"),
            SQL("'\"' || {}::text || '\"'" if name in bare else "to_json({}::text)::text").format(
                Named(alias, name)
            ),
        )
        for at, name in enumerate(columns)
    ]
    return SQL("concat({})").format(SQL(", ").join(parts))


def sha256_hex(text: Composable) -> Composed:
    """sha256 of a text."""
    return SQL("encode(sha256(convert_to({}, 'UTF8')), 'hex')").format(text)


def inputs_hash(lines: Sequence[Composable]) -> Composed:
    """The hash of inputs that hold no secret, from the lines of their payload; a NULL is no line."""
    payload = SQL("concat_ws(E'\\n', {})").format(SQL(", ").join(lines))
    return SQL("{} || {}").format(Quoted(PLAIN_PREFIX), sha256_hex(payload))


def step_id(table: str, source_id: Composable, at: Composable) -> Composed:
    """The id of a step that the source row carries in an array, as uuid."""
    name = SQL("{} || {}::text || '/step:' || {}::text").format(Quoted(f"{table}/"), source_id, at)
    digits = SQL("left({}, 32)").format(sha256_hex(name))
    return SQL("overlay(overlay({} PLACING '8' FROM 13) PLACING '8' FROM 17)::uuid").format(digits)
