"""Suites are read strictly; rules find bad rows, all of them, without showing values; SQL errors are errors."""

import json
import re
from pathlib import Path

import pandas
import psycopg
import pytest
from psycopg import sql as compose
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import event
from sqlalchemy.engine import Engine

from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.db.sql_files import sql_text
from atlas_workflows.errors import ConfigurationError
from atlas_workflows.settings import load_settings
from atlas_workflows.validation.data import Frames, Queries
from atlas_workflows.validation.library import load_pages
from atlas_workflows.validation.results import ExpectationResult, Status, stopping
from atlas_workflows.validation.runner import run_suite
from atlas_workflows.validation.suites import Suite, load_suite

KEYS = ["source_table", "source_id", "organization_id"]
SUITES = sorted(path.stem for path in load_settings({}).expectations.glob("*.json"))


def suite_of(*rules: dict[str, object]) -> Suite:
    batch = {"name": "people", "keys": KEYS, "expectations": list(rules)}
    return Suite.model_validate_json(json.dumps({"name": "trial", "about": "a trial", "batches": [batch]}))


NOT_NULL = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "email"}, "why": "no e-mail"}
IN_SET = {
    "type": "expect_column_values_to_be_in_set", "kwargs": {"column": "email", "value_set": ["a"]},
    "severity": "warning", "why": "not a",
}  # fmt: skip
BROKEN = {
    "type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": "SELECT nosuch FROM {batch}"}, "why": "x",
}  # fmt: skip
ROWS = {
    "type": "unexpected_rows_expectation",
    "kwargs": {"unexpected_rows_query": "SELECT source_table, source_id, organization_id FROM {batch} WHERE email IS NULL"},
    "severity": "warning", "why": "no e-mail",
}  # fmt: skip
COUNT = {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 5000}, "why": "too few rows"}
PEOPLE = """
    SELECT 'people' AS source_table, n::text AS source_id, NULL::text AS organization_id,
        CASE mod(n, 3) WHEN 0 THEN 'dana' || '@example.com' WHEN 1 THEN 'a' END AS email
    FROM generate_series(1, 1500) AS n
"""


def by_rule(results: list[ExpectationResult]) -> dict[str, ExpectationResult]:
    return {result.expectation: result for result in results}


def test_all_failing_keys_come_back_and_no_value(dsn: str, tmp_path: Path) -> None:
    found = by_rule(
        run_suite(suite_of(NOT_NULL, IN_SET, ROWS, COUNT), Queries(dsn, {"people": PEOPLE}), tmp_path)
    )
    missing = found["expect_column_values_to_not_be_null"]
    assert {int(key["source_id"]) for key in missing.keys} == {n for n in range(1, 1501) if n % 3 == 2}
    assert {int(key["source_id"]) for key in found["expect_column_values_to_be_in_set"].keys} == set(
        range(3, 1501, 3)
    )
    assert len(found["unexpected_rows_expectation"].keys) == 500
    assert found["expect_table_row_count_to_be_between"].observed["observed_value"] == 1500
    assert "4 failed" in (tmp_path / "index.html").read_text()
    shown = "".join(page.read_text() for page in tmp_path.rglob("*.html")) + str(found)
    assert "dana@example.com" not in shown
    assert str(conninfo_to_dict(dsn)["password"]) not in shown


def test_a_batch_is_never_fetched_whole(dsn: str) -> None:
    """The library asked for all of its rows to learn the names of its columns: a gigabyte for some millions."""
    fetched = list[int]()

    @event.listens_for(Engine, "after_cursor_execute")
    def note(_connection: object, cursor: psycopg.Cursor[object], *_: object) -> None:
        fetched.append(cursor.rowcount)

    try:
        found = run_suite(suite_of(NOT_NULL, IN_SET), Queries(dsn, {"people": PEOPLE}))
    finally:
        event.remove(Engine, "after_cursor_execute", note)
    assert [result.unexpected_count for result in found] == [500, 500]
    assert 0 < max(fetched) <= 200


def test_its_sessions_bear_our_name_so_that_nobody_is_gentle_to_them(dsn: str) -> None:
    stranger = "SELECT * FROM {batch} WHERE current_setting('application_name') NOT LIKE 'atlas-%'"
    rule = ROWS | {"kwargs": {"unexpected_rows_query": stranger}}
    [found] = run_suite(suite_of(rule), Queries(dsn, {"people": PEOPLE}))
    assert found.status is Status.PASSED, found
    assert not found.keys


# What a browser asks for by itself, seen from the page; "#…" is a place in it and data: is no request.
ASKED_FOR = re.compile(
    r"""(?:<(?:script|img|iframe|source)\b[^>]*\bsrc|<link\b[^>]*\bhref)=["']([^"']*)|url\(([^)]*)|@import"""
)


def test_data_docs_ask_no_other_host_and_share_their_few_files(tmp_path: Path) -> None:
    people = Frames({"people": pandas.DataFrame([{**dict.fromkeys(KEYS, "k"), "email": "a"}])})
    one = suite_of(NOT_NULL, IN_SET)
    broken = suite_of({**IN_SET, "kwargs": {"column": "email", "value_set": ["b"]}, "why": "nobody is <b>"})
    run_suite(one, people, tmp_path)
    run_suite(broken.model_copy(update={"name": "another"}), people, tmp_path)
    run_suite(one, people, tmp_path)
    pages = sorted(tmp_path.rglob("*.html"))
    assert len(pages) == 5, "a front page, and per suite the rules and what was found, the newest only"
    for page in (*pages, *tmp_path.rglob("*.css")):
        for asked in ASKED_FOR.finditer(page.read_text()):
            address = asked[1] or asked[2] or asked[0]
            assert address == "data:," or (page.parent / address).is_file(), address
    for page in pages:
        for link in re.findall(r'<a [^>]*href="([^"#]+)', page.read_text()):
            assert (page.parent / link).is_file() or link == "../report.html", link
    landing = (tmp_path / "index.html").read_text()
    assert all(said in landing for said in ("2 passed", "1 failed", "another", "nobody is &lt;b&gt;"))
    assert sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()) < 150_000


def test_severity_decides_what_stops(dsn: str) -> None:
    results = run_suite(suite_of(NOT_NULL, IN_SET), Queries(dsn, {"people": PEOPLE}))
    assert [result.why for result in stopping(results)] == ["no e-mail"]


def test_an_sql_error_is_an_error_not_bad_data(dsn: str) -> None:
    (result,) = run_suite(suite_of(BROKEN), Queries(dsn, {"people": PEOPLE}))
    assert result.status is Status.ERRORED
    assert result.stops
    assert "nosuch" in result.sentence


QUOTING = {
    "type": "unexpected_rows_expectation",
    "kwargs": {"unexpected_rows_query": "SELECT source_table FROM {batch} WHERE email::integer = 1"}, "why": "x",
}  # fmt: skip


def test_an_sql_error_that_quotes_a_value_shows_it_nowhere(dsn: str, tmp_path: Path) -> None:
    (result,) = run_suite(
        suite_of(QUOTING), Queries(dsn, {"people": PEOPLE.replace("'a'", "NULL")}), tmp_path
    )
    assert result.status is Status.ERRORED
    assert "integer" in result.sentence
    shown = "".join(page.read_text() for page in tmp_path.rglob("*.html")) + str(result)
    assert "dana@" not in shown
    assert "invalid input syntax" in shown


@pytest.mark.parametrize(
    "changes",
    [{"type": "expect_nothing_that_is_known"}, {"kwargs": {"colum": "email"}}],
    ids=["type", "kwargs"],
)
def test_a_rule_that_is_not_known_is_refused_by_name_and_earlier_batches_keep_their_pages(
    dsn: str, tmp_path: Path, changes: dict[str, object]
) -> None:
    people = suite_of(NOT_NULL).batches[0]
    wrong = people.expectations[0].model_copy(update=changes)
    nobody = people.model_copy(update={"name": "nobody", "expectations": (people.expectations[0], wrong)})
    suite = suite_of(NOT_NULL).model_copy(update={"batches": (people, nobody)})
    with pytest.raises(ConfigurationError, match=f"trial, batch nobody: rule 2, {wrong.type}"):
        run_suite(suite, Queries(dsn, {"people": PEOPLE, "nobody": PEOPLE}), tmp_path)
    assert (tmp_path / "index.html").is_file()
    (page,) = (tmp_path / "validations").rglob("*.html")
    assert "must never be null" in page.read_text()


def test_a_batch_without_data_is_refused_unless_its_table_is_not_there() -> None:
    people = Frames({"people": pandas.DataFrame({"email": ["a"]})})
    (batch,) = suite_of(NOT_NULL).batches
    misspelt = suite_of(NOT_NULL).model_copy(
        update={"batches": (batch.model_copy(update={"name": "peple"}),)}
    )
    with pytest.raises(ConfigurationError, match="batch peple; there is people"):
        run_suite(misspelt, people)
    absent = batch.model_copy(update={"name": "pets", "needs": "pets"})
    both = suite_of(NOT_NULL).model_copy(update={"batches": (batch, absent)})
    assert [found.batch for found in run_suite(both, people)] == ["people"]


def test_each_page_template_is_compiled_once_per_process() -> None:
    from great_expectations.render.view import DefaultJinjaPageView

    load_pages()
    one, other = DefaultJinjaPageView().env, DefaultJinjaPageView().env
    assert one is not other
    assert one.bytecode_cache is other.bytecode_cache
    assert len(other.bytecode_cache.known) >= len(other.list_templates(extensions=["j2"])) > 10


def test_frames_are_checked_alike() -> None:
    frame = pandas.DataFrame(
        [{"source_table": "people", "source_id": str(n), "organization_id": None, "email": None if n % 2 else "a"}
         for n in range(1000)]
    )  # fmt: skip
    found = by_rule(run_suite(suite_of(NOT_NULL, IN_SET), Frames({"people": frame})))
    assert len(found["expect_column_values_to_not_be_null"].keys) == 500
    assert found["expect_column_values_to_be_in_set"].status is Status.PASSED


def test_a_rule_of_the_few_that_need_statistics_finds_them() -> None:
    even = {"values": ["a", "b"], "weights": [0.5, 0.5]}
    rule = {
        "type": "expect_column_kl_divergence_to_be_less_than", "why": "uneven",
        "kwargs": {"column": "email", "partition_object": even, "threshold": 0.1},
    }  # fmt: skip
    for texts, status in ((["a", "b"] * 9, Status.PASSED), (["a"] * 17 + ["b"], Status.FAILED)):
        (found,) = run_suite(suite_of(rule), Frames({"people": pandas.DataFrame({"email": texts})}))
        assert (found.status, found.error) == (status, None)


@pytest.mark.parametrize("name", SUITES)
def test_every_suite_is_readable_and_every_batch_has_its_query(name: str) -> None:
    suite = load_suite(load_settings({}).expectations, name)
    assert suite.name == name
    for batch in suite.batches:
        if name.endswith("_batch"):
            continue
        assert all(
            f"AS {key}" in sql_text(f"validation/{name}/{batch.name}")
            or key in sql_text(f"validation/{name}/{batch.name}")
            for key in batch.keys
        )


@pytest.mark.parametrize(
    ("text", "named"),
    [("{", "json"), ('{"name": "x", "about": "", "batches": []}', "batches"),
     ('{"name": "x", "about": "", "batches": [{"name": "b", "keys": ["k"], "expectations": [{"type": "t"}]}]}', "why")],
)  # fmt: skip
def test_a_broken_suite_names_the_field(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(ConfigurationError, match=f"(?i){named}"):
        load_suite(tmp_path, "x")
    with pytest.raises(ConfigurationError, match="missing"):
        load_suite(tmp_path, "y")


def test_results_are_on_the_database_of_the_dsn(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE public.people AS " + PEOPLE)
    query = "SELECT source_table, source_id, organization_id, email FROM public.people"
    (result,) = run_suite(suite_of(NOT_NULL), Queries(dsn, {"people": query}))
    assert result.unexpected_count == 500


def test_what_an_application_set_for_itself_does_not_end_a_check(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as owner:
        for name in ("statement_timeout", "transaction_timeout"):
            owner.execute(f"ALTER DATABASE {owner.info.dbname} SET {name} = '1s'".encode())
    query = f"SELECT people.* FROM ({PEOPLE}) AS people, pg_sleep(1.2) WHERE email IS NOT NULL"
    (result,) = run_suite(suite_of(NOT_NULL), Queries(dsn, {"people": query}))
    assert result.status is Status.PASSED


def test_a_role_and_a_database_whose_names_need_quotes(pg_server: EmbeddedServer) -> None:
    login, database = 'Ann O\'Brien "x"', "a 'b' c"
    pg_server.create_database(database)
    with psycopg.connect(pg_server.dsn(), autocommit=True) as connection:
        name = compose.Identifier(login)
        connection.execute(compose.SQL("CREATE ROLE {} LOGIN PASSWORD 'p w$'").format(name))
    dsn = make_conninfo(pg_server.dsn(), dbname=database, user=login, password="p w$")
    try:
        (result,) = run_suite(suite_of(NOT_NULL), Queries(dsn, {"people": PEOPLE}))
        assert result.unexpected_count == 500
    finally:
        pg_server.drop_database(database)
        with psycopg.connect(pg_server.dsn(), autocommit=True) as connection:
            connection.execute(compose.SQL("DROP ROLE {}").format(name))
