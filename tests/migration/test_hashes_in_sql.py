"""What the ledger hashes, said in Python and said in SQL: the same bits for whatever the loader writes and a table holds."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg.sql import SQL, Composable, Identifier, Placeholder

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.rows import one, scalar, scalars
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.legacy.history.executions import SOURCE as EXECUTIONS
from atlas_workflows.legacy.ids import step_id
from atlas_workflows.legacy.records import SourceRow, Tenancy
from atlas_workflows.migration.ledger import in_sql
from atlas_workflows.migration.ledger.fingerprint import (
    FINGERPRINTED,
    content_digest,
    original_content,
    stored_text,
    target_fingerprint,
    written_text,
)
from atlas_workflows.migration.ledger.inputs import (
    HISTORY_LINE,
    assumed_fact,
    inputs_payload,
    organization_fact,
    plain_hash,
)
from atlas_workflows.migration.ledger.spelling import document_of, time_of
from atlas_workflows.migration.movement.entry import is_unchanged, make_entry
from atlas_workflows.secrets.sealing import Sealer

TABLES = sorted(set(FINGERPRINTED) - {"migration_ledger"})
# What PostgreSQL can hold: everything but NUL and half of a surrogate pair.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)
QUOTED = st.builds(lambda text, plain: json.dumps(text, ensure_ascii=plain), TEXTS, st.booleans())
GAPS = st.sampled_from(["", " ", "\n\t"])


# Documents that are spelled otherwise than they are stored; the server's every version is asked for them elsewhere.
EDGES = (
    '{"b": 1, "a": 1E+2, "aa": 1.10, "é": -0.0, "zz": -0, "a": 0e5, "ab": 0.00e-3, "": 1.50e1}',
    '["\x7f\u2028\u0085\\u0001\\u001f\\b\\f\\/\\ud83d\\ude00", 123456789012345678901234567890.10, 1e-400, 1E400]',
    '{"bb": 0, "\U0001f600": 1, "aaaa": 2, "éé": 3, "ﬀ": 4, "zzz": 5}',
)  # fmt: skip


def _object(members: list[tuple[str, str]], gap: str) -> str:
    return f"{{{gap}{f',{gap}'.join(f'{key}{gap}:{value}' for key, value in members)}}}"


DOCUMENTS = st.recursive(
    st.one_of(NUMBERS, QUOTED, st.sampled_from(["true", "false", "null", "[]", "{}", " 1 "])),
    lambda inner: st.one_of(
        st.builds(lambda items, gap: f"[{gap}{f',{gap}'.join(items)}]", st.lists(inner, max_size=4), GAPS),
        st.builds(_object, st.lists(st.tuples(QUOTED, inner), max_size=5), GAPS),
    ),
    max_leaves=12,
)
TIMES = st.one_of(
    st.builds(
        lambda moment, form, digits, offset: f"{moment:{form}}{digits}{offset}",
        st.datetimes(),
        st.sampled_from(["%4Y-%m-%dT%H:%M:%S", "%4Y-%m-%d %H:%M:%S"]),
        st.from_regex(r"(\.[0-9]{1,9})?", fullmatch=True),
        st.sampled_from(["", "Z", "+00", "+05:30", "-0845", "+00:00"]),
    ),
    st.sampled_from(
        ["infinity", "-infinity", "0044-03-15 12:00:00 BC", "0044-03-15 BC", "10000-01-01", "294276-12-31 23:59:59.999999", "2025-01-01",
         "2025-03-30T02:30Z", "0001-01-01 00:00:00+00", "9999-12-31T23:59:59.999999Z", "2025-01-01 10:00:00.100+00", "0044-03-15 12:00:00.5+00 BC"]
    ),
)  # fmt: skip
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "uuid": st.uuids().map(str), "text": TEXTS, "jsonb": DOCUMENTS, "timestamp with time zone": TIMES, "boolean": st.booleans(),
    "integer": st.integers(-(2**31), 2**31 - 1), "bigint": st.integers(-(2**63), 2**63 - 1), "smallint": st.integers(0, 99),
    "date": st.dates().map(str), "text[]": st.lists(TEXTS, max_size=3), "numeric": st.integers(-(10**6), 10**6),
}  # fmt: skip
SETTINGS = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def session(pg_server: EmbeddedServer, atlas_template: str) -> Iterator[Connection]:
    dsn = pg_server.create_database("hashes_in_sql", template=atlas_template)
    with connect(dsn, application_name="test", autocommit=True) as connection:
        yield connection
    pg_server.drop_database("hashes_in_sql")


@SETTINGS
@given(DOCUMENTS)
@example(EDGES[0])
@example(EDGES[1])
@example(EDGES[2])
def test_a_document_is_spelled_as_the_server_prints_it(session: Connection, text: str) -> None:
    assert document_of(text) == scalar(session, "SELECT %s::jsonb::text", [text])


@SETTINGS
@given(TIMES)
def test_a_time_is_spelled_as_the_server_prints_it(session: Connection, text: str) -> None:
    assert time_of(text) == scalar(session, "SELECT %s::timestamptz::text", [text])


@pytest.mark.parametrize("table", TABLES)
def test_a_row_is_hashed_alike_on_its_way_in_and_where_it_lies(session: Connection, table: str) -> None:
    types = columns_of(session, table)
    assert set(FINGERPRINTED[table]) <= set(types)
    kept, columns = SQL("pg_temp.{}").format(Identifier(f"kept_{table}")), FINGERPRINTED[table]
    session.execute(SQL("CREATE TEMPORARY TABLE {} AS SELECT * FROM atlas.{} WITH NO DATA").format(Identifier(f"kept_{table}"), Identifier(table)))  # fmt: skip
    values = {
        name: SQL("to_json({})::text" if types[name] == "text[]" else "{}::text").format(Identifier(name))
        for name in columns
    }
    text = in_sql.row_text(table, values)
    stored = [Identifier(name) if types[name] == "text[]" else SQL("{}::text").format(Identifier(name)) for name in columns]  # fmt: skip
    statement = SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING {}, {}, {}").format(
        kept, listed(map(Identifier, columns)), listed(map(Placeholder, columns)), text, in_sql.digest_of_one(text), listed(stored)
    )  # fmt: skip

    @settings(max_examples=8, database=None)
    @given(st.fixed_dictionaries({name: st.none() | VALUES[types[name]] for name in columns}))
    def agree(row: dict[str, Any]) -> None:
        told, digest, *read = session.execute(statement, row).fetchone() or ()
        assert written_text(table, row) == told == stored_text(table, dict(zip(columns, read, strict=True)))
        assert json.loads(target_fingerprint({table: [row]})) == {table: digest}

    agree()


def columns_of(session: Connection, table: str) -> dict[str, str]:
    query = (
        "SELECT attname::text, regexp_replace(format_type(atttypid, atttypmod), '\\(.*\\)', '') FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
    )
    return dict(session.execute(query, [f"atlas.{table}"]).fetchall())


def listed(parts: Any) -> Composable:
    return SQL(", ").join(parts)


@SETTINGS
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_rows_of_a_table_are_hashed_in_the_order_of_their_bytes(
    session: Connection, names: list[str]
) -> None:
    rows = [{"name": name} for name in names]
    text = in_sql.row_text("workflows", {"name": SQL("given.name")})
    digests = {"workflows": in_sql.digest_of_many(text), "archive": SQL("NULL")}
    statement = SQL("SELECT {} FROM unnest(%(names)s::text[]) AS given (name)").format(
        in_sql.target_hash(digests)
    )
    assert target_fingerprint({"workflows": rows}) == scalar(session, statement, {"names": names})


ODD_NAMES = ["id", "100%", 'quo"te', "Ünï", "back\\slash", "tab\t", *(f"c{number}" for number in range(50))]


@SETTINGS
@given(st.lists(st.none() | TEXTS, min_size=len(ODD_NAMES), max_size=len(ODD_NAMES)))
def test_an_original_and_its_inputs_are_hashed_alike(session: Connection, values: list[str | None]) -> None:
    row = dict(zip(ODD_NAMES, values, strict=True))
    marks = [SQL("{}::text AS {}").format(Placeholder(f"p{at}"), in_sql.Named(name)) for at, name in enumerate(ODD_NAMES)]  # fmt: skip
    content = in_sql.content(ODD_NAMES, "source")
    side = {"id": values[0], "organization_id": values[1]}
    tenancy = Tenancy(frozenset({values[1] or ""}), zones={values[1] or "": "Europe/Berlin"})
    facts = sorted({assumed_fact(tenancy), assumed_fact(tenancy) if values[1] is None else organization_fact(values[1], tenancy)})  # fmt: skip
    lines = [HISTORY_LINE, in_sql.sha256_hex(content), "twins", "workflow", original_content(side), *facts]
    hashed = in_sql.inputs_hash([part if isinstance(part, Composable) else in_sql.Quoted(part) for part in lines])  # fmt: skip
    statement = SQL("SELECT {} AS content, {} AS digest, {} AS inputs FROM (SELECT {}) AS source").format(
        content, in_sql.sha256_hex(content), hashed, listed(marks)
    )
    told = one(session, dict, statement, {f"p{at}": value for at, value in enumerate(values)})
    whole = original_content(row)
    source = SourceRow("workflow_executions", "1", row, {"workflow": (side,), "twins": ()})
    inputs = plain_hash(inputs_payload(source, tenancy))
    assert told == {"content": whole, "digest": content_digest(whole), "inputs": inputs}


@SETTINGS
@given(TEXTS, st.integers(0, 10**6))
def test_a_step_has_the_same_id_however_it_is_moved(session: Connection, source_id: str, at: int) -> None:
    statement = SQL("SELECT {}").format(in_sql.step_id("workflow_executions", Placeholder("id"), Placeholder("at")))  # fmt: skip
    assert str(scalar(session, statement, {"id": source_id, "at": at})) == step_id("workflow_executions", source_id, at)  # fmt: skip
    digits = hashlib.sha256(f"workflow_executions/{source_id}/step:{at}".encode()).hexdigest()
    assert step_id("workflow_executions", source_id, at).replace("-", "")[17:] == digits[17:32]
    assert scalars(session, "SELECT %s::uuid::text", [step_id("workflow_executions", source_id, at)])


@pytest.mark.parametrize(("error", "prefix"), [("SMTP 550: mailbox unavailable", "sha256:"), ("Bearer abcdefgh12345678", "hmac:"), ("no author", "hmac:")])  # fmt: skip
def test_only_what_surely_holds_no_secret_takes_a_hash_without_a_key(error: str, prefix: str) -> None:
    owner, sealer = str(UUID(int=1)), Sealer((Fernet.generate_key().decode(),))
    columns = {"id": str(UUID(int=2)), "workflow_id": str(UUID(int=3)), "status": "failed", "error_message": error,
               "started_at": "2025-01-01 10:00:00+00", "completed_at": "2025-01-01 10:00:01+00"}  # fmt: skip
    sides = {"workflow": ({"id": columns["workflow_id"], "organization_id": owner},), "twins": ()}
    row, tenancy = (
        SourceRow("workflow_executions", columns["id"], columns, sides),
        Tenancy(frozenset({owner})),
    )
    hashed = make_entry(row, EXECUTIONS, tenancy, sealer).inputs_hash
    assert hashed.startswith(prefix)
    assert is_unchanged(row, tenancy, sealer, hashed)
    assert not is_unchanged(row, Tenancy(frozenset()), sealer, hashed)
    assert not is_unchanged(
        replace(row, columns={**columns, "error_message": "other"}), tenancy, sealer, hashed
    )


def test_what_is_plain_by_type_needs_neither_measuring_nor_escaping(session: Connection) -> None:
    key, at = str(UUID(int=7)), "2025-01-01 10:00:00+00"
    cells = {"id": key, "started_at": at, "error": 'say "no"', "workflow_id": None}
    given = listed(SQL("{}::text AS {}").format(Placeholder(name), in_sql.Named(name)) for name in cells)
    told = in_sql.row_text("workflow_executions", {name: SQL("source.{}").format(Identifier(name)) for name in cells}, ("id", "workflow_id"))  # fmt: skip
    statement = SQL("SELECT {} AS told, {} AS content FROM (SELECT {}) AS source").format(
        told, in_sql.content(tuple(cells), "source", ("id", "started_at", "workflow_id")), given
    )
    found = one(session, dict, statement, cells)
    assert found == {"told": stored_text("workflow_executions", cells), "content": original_content(cells)}
