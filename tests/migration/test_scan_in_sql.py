"""The scan for secrets in SQL: it finds whatever the scan in Python finds, and of tidy rows next to none."""

import json
import re
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from legacy_samples import clone_sample
from psycopg.sql import SQL, Composed, Identifier

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.rows import scalar, scalars
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.secrets.detection import ESCAPE_HINTS, SECRET_HINTS, may_hold_secret
from atlas_workflows.secrets.recognition import secret_spans
from atlas_workflows.secrets.scan_in_sql import may_hold_secret as one_by_one
from atlas_workflows.secrets.scan_in_sql import suspects
from secret_examples import FORMS, LIBRARY, NAMES

GIVEN = SQL("unnest(%(texts)s::text[]) WITH ORDINALITY AS given (text, at)")
TOGETHER = suspects(GIVEN, SQL("given.at"), SQL("given.text"))
ONE_BY_ONE = SQL("SELECT at FROM {} WHERE {}").format(GIVEN, one_by_one(SQL("given.text")))
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


def found(session: Connection, texts: Sequence[str], statement: Composed = TOGETHER) -> set[str]:
    """The texts that SQL finds."""
    return {texts[at - 1] for at in scalars(session, statement, {"texts": list(texts)})}


def missed(session: Connection, texts: Sequence[str], statement: Composed = TOGETHER) -> set[str]:
    """Texts that Python would look through and SQL calls plain."""
    wanted = {text for text in texts if may_hold_secret(raw := text.encode()) or secret_spans(raw)}
    return wanted - found(session, texts, statement)


def test_every_form_and_name_is_found_wherever_it_stands(session: Connection) -> None:
    values = [*FORMS, *LIBRARY.values(), *NAMES]
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
    assert missed(session, texts) == set()
    assert missed(session, [text.upper() for text in texts], ONE_BY_ONE) == set()


def test_what_is_found_is_told_by_its_row(session: Connection) -> None:
    plain = ["Send email", '{"ok": true}', "", "a\nb"]
    assert found(session, [*plain, "token", *plain, "Bearer abcdefgh12345678"]) == {
        "token",
        "Bearer abcdefgh12345678",
    }
    assert found(session, plain) == set()
    assert found(session, []) == set()
    # A text with the sign that stands between rows: nobody knows whose piece is whose, so all are looked at closely.
    assert found(session, ["a", "b\x01c"]) == {"a", "b\x01c"}


@SETTINGS
@given(st.lists(st.from_regex(re.compile(f"{SECRET_HINTS.decode()}|{ESCAPE_HINTS.decode()}")).filter(lambda text: "\0" not in text), max_size=8))  # fmt: skip
def test_whatever_fits_a_hint_is_found(session: Connection, texts: list[str]) -> None:
    assert missed(session, texts) == set()


@SETTINGS
@given(st.lists(st.lists(st.sampled_from(PIECES), min_size=1, max_size=9).map("".join), max_size=40))
def test_no_composition_of_pieces_slips_through(session: Connection, texts: list[str]) -> None:
    assert missed(session, texts) == set()


@pytest.mark.parametrize("messy", [False, True], ids=["tidy", "messy"])
@pytest.mark.parametrize("shape", ["A", "B", "D"])
def test_of_the_samples_history_nothing_is_missed(pg_server: EmbeddedServer, shape: str, messy: bool) -> None:
    dsn = clone_sample(pg_server, shape, workflows=30, executions=60, messy=messy)
    with connect(dsn, application_name="test", autocommit=True) as connection:
        for table in ("workflow_executions", "workflow_execution_steps"):
            texts = texts_of(connection, table)
            assert missed(connection, texts) == set()
            assert messy or len(found(connection, texts)) <= len(texts) * 0.01
    pg_server.drop_database(dsn.rpartition("/")[2])


def texts_of(connection: Connection, table: str) -> list[str]:
    """Each row as translation scans it: `"name":value` of every column that is not NULL, on its line."""
    if not scalar(connection, "SELECT to_regclass(%s) IS NOT NULL", [f"public.{table}"]):
        return []
    told = """SELECT string_agg('"' || member.key || '":' || member.value || chr(10), '') FROM public.{} AS source,
        json_each_text(row_to_json(source)) AS member WHERE member.value IS NOT NULL GROUP BY source.ctid"""
    return scalars(connection, SQL(told).format(Identifier(table)))
