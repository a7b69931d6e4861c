"""The scan for secrets in SQL: it finds whatever the scan in Python finds, and of tidy rows next to none."""

import json
import re
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from legacy_samples import clone_sample
from psycopg.sql import SQL, Identifier
from test_planted_tokens import TOKENS
from test_secret_forms import FORMS, LIBRARY, NAMES

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.rows import scalar, scalars
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.secrets.detection import ESCAPE_HINTS, SECRET_HINTS, may_hold_secret
from atlas_workflows.secrets.recognition import secret_spans
from atlas_workflows.secrets.scan_in_sql import may_hold_secret as scan

STATEMENT = SQL("SELECT array_agg({} ORDER BY at) FROM unnest(%(texts)s::text[]) WITH ORDINALITY AS given (text, at)").format(scan(SQL("given.text")))  # fmt: skip
# Pieces of which forms consist, and what lies at their edges: letters that fold into others, white space of all kinds.
PIECES = (
    "pass", "word", "pw", "pin", "auth", "or", "key", "api", "secret", "toKen", "\u017fecret", "code", "session", "id", "bearer", "basic", "://", ":", "@",
    "=", "&", "?", "sig", "user", "_", "-", ".", " ", "\n", "\t", "\x0b", "\u00a0", "\u2003", "\u0085", '"', "'", "\\", "/", "\\/", "\\u0041", "\u0130", "\u0131", "é", "o",
    "sk_live_", "eyJ", "AKIA", "A" * 20, "0123456789abcdef", "us12", "%", "{", "}", "x", "\U0001f600",
)  # fmt: skip
SETTINGS = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def session(pg_server: EmbeddedServer) -> Iterator[Connection]:
    dsn = pg_server.create_database("scan_in_sql")
    with connect(dsn, application_name="test", autocommit=True) as connection:
        yield connection
    pg_server.drop_database("scan_in_sql")


def missed(session: Connection, texts: Sequence[str]) -> list[str]:
    """Texts that Python would look through and SQL calls plain."""
    found = scalar(session, STATEMENT, {"texts": list(texts)}) or []
    encoded = [text.encode() for text in texts]
    wanted = [may_hold_secret(raw) or bool(secret_spans(raw)) for raw in encoded]
    return [text for text, is_found, is_wanted in zip(texts, found, wanted, strict=True) if is_wanted and not is_found]  # fmt: skip


def test_every_form_and_name_is_found_wherever_it_stands(session: Connection) -> None:
    values = [*FORMS, *LIBRARY.values(), *TOKENS, *NAMES]
    texts = [
        form
        for value in values
        for form in (
            value,
            f"see {value}",
            f"\n{value}\t",
            json.dumps({"note": value}),
            f'"{value}":"hunter22"\n',
        )
    ]
    assert missed(session, texts) == []
    assert missed(session, [text.upper() for text in texts]) == []
    # A test that cannot fail would be no test: what is no secret is not found.
    assert scalar(session, STATEMENT, {"texts": ["Send email", '{"ok": true}']}) == [False, False]


@SETTINGS
@given(st.lists(st.from_regex(re.compile(f"{SECRET_HINTS.decode()}|{ESCAPE_HINTS.decode()}")).filter(lambda text: "\0" not in text), max_size=8))  # fmt: skip
def test_whatever_fits_a_hint_is_found(session: Connection, texts: list[str]) -> None:
    assert missed(session, texts) == []


@SETTINGS
@given(st.lists(st.lists(st.sampled_from(PIECES), min_size=1, max_size=9).map("".join), max_size=40))
def test_no_composition_of_pieces_slips_through(session: Connection, texts: list[str]) -> None:
    assert missed(session, texts) == []


@pytest.mark.parametrize("messy", [False, True], ids=["tidy", "messy"])
@pytest.mark.parametrize("shape", ["A", "B", "D"])
def test_of_the_samples_history_nothing_is_missed(pg_server: EmbeddedServer, shape: str, messy: bool) -> None:
    dsn = clone_sample(pg_server, shape, workflows=30, executions=60, messy=messy)
    with connect(dsn, application_name="test", autocommit=True) as connection:
        for table in ("workflow_executions", "workflow_execution_steps"):
            texts = texts_of(connection, table)
            assert missed(connection, texts) == []
            flagged = (scalar(connection, STATEMENT, {"texts": texts}) or []).count(True)
            assert messy or flagged <= len(texts) * 0.01
    pg_server.drop_database(dsn.rpartition("/")[2])


def texts_of(connection: Connection, table: str) -> list[str]:
    """Each row as translation scans it: `"name":value` of every column that is not NULL, on its line."""
    if not scalar(connection, "SELECT to_regclass(%s) IS NOT NULL", [f"public.{table}"]):
        return []
    told = """SELECT string_agg('"' || member.key || '":' || member.value || chr(10), '') FROM public.{} AS source,
        json_each_text(row_to_json(source)) AS member WHERE member.value IS NOT NULL GROUP BY source.ctid"""
    return scalars(connection, SQL(told).format(Identifier(table)))
