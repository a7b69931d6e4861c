"""History as no sample has it, by both ways: secrets in any text, values at the ends of their types, other settings and collations."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from both_ways import both_ways, inside, taken_back, way_to, written
from hypothesis import Phase, given, settings
from hypothesis import strategies as some
from legacy_samples import clone_sample
from moving_phase import fetch
from plain_source import new_context, open_public

from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.legacy.history.row_facts import RowFacts
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.movement.backfill import at_work
from atlas_workflows.migration.movement.setwise import read_stretch
from atlas_workflows.migration.movement.setwise_statement import EXECUTIONS, STEPS
from atlas_workflows.migration.movement.source import read_batch
from atlas_workflows.migration.movement.worker import Worker

sys.path.append(str(Path(__file__).parents[1] / "secrets"))
from test_secret_forms import FORMS, NAMES

PREFIX = "f0000000-0000-4000-8000-"
MANY, MUCH = 100_000, 1 << 30
# Where a text may stand, in each table: every column takes a text as a value or within a document.
TEXTS = {
    EXECUTIONS: ("trigger_data", "input_data", "execution_steps", "error_message"),
    STEPS: ("node_id", "action_type", "error", "input_data", "output_data"),
}
DOCUMENTS = ("trigger_data", "input_data", "output_data", "execution_steps")


@dataclass(frozen=True)
class Place:
    """A tidy sample without any rule but its primary keys, and the table of it that this test is about."""

    dsn: str
    context: PhaseContext
    table: str


@pytest.fixture(scope="module", params=["A", "B"])
def place(
    request: pytest.FixtureRequest, pg_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    dsn = clone_sample(pg_server, request.param, workflows=30, executions=60, messy=False)
    for table, name in fetch(
        dsn,
        "SELECT conrelid::regclass::text, conname FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace AND contype IN ('f', 'u', 'c') ORDER BY contype DESC",
    ):
        fetch(dsn, f'ALTER TABLE {table} DROP CONSTRAINT IF EXISTS "{name}" CASCADE')
    context = new_context(dsn, tmp_path_factory.mktemp("home"))
    yield Place(dsn, context, EXECUTIONS if request.param == "A" else STEPS)
    pg_server.drop_database(dsn.rpartition("/")[2])


@pytest.fixture
def worker(place: Place) -> Iterator[Worker]:
    with at_work(place.context) as found:
        yield found
    clear(place)


def clear(place: Place) -> None:
    fetch(place.dsn, f"DELETE FROM {place.table} WHERE id::text LIKE '{PREFIX}%'")


def key(number: int) -> str:
    return f"{PREFIX}{number:012x}"


def value_of(column: str, text: str) -> str:
    """The text where it may stand: as a value, and in a document under a name that says nothing, or as that name."""
    if column == "execution_steps":
        return json.dumps([{"nodeId": "1", "status": "completed", "output": {"said": text}}])
    return json.dumps({"a": [text, {text: 1}]}) if column in DOCUMENTS else text


def put(place: Place, values: Sequence[tuple[str, str]]) -> list[str]:
    """Copies of a plain row with one other value each, given as (column, value); returns their keys."""
    copied = (
        f"INSERT INTO {place.table} SELECT (jsonb_populate_record(plain, jsonb_build_object('id', %s::text, %s::text,"
        f" %s::{{kind}}))).* FROM {place.table} AS plain WHERE plain.id = (SELECT id FROM {place.table} WHERE id::text"
        f" NOT LIKE '{PREFIX}%%' AND status = 'completed' AND completed_at IS NOT NULL ORDER BY id LIMIT 1)"
    )
    keys = [key(number) for number in range(len(values))]
    with open_public(place.dsn) as legacy, legacy.transaction():
        for id_, (column, value) in zip(keys, values, strict=True):
            kind = "jsonb" if column in DOCUMENTS else "text"
            legacy.execute(copied.format(kind=kind).encode(), [id_, column, value])
        if place.table == EXECUTIONS:  # apart in time, so that none is another's twin
            legacy.execute(
                f"UPDATE {EXECUTIONS} SET started_at = started_at - ('x' || right(id::text, 6))::bit(24)::integer * interval '1 hour'"
                f" WHERE id::text LIKE '{PREFIX}%'".encode()
            )
    return keys


def test_no_form_of_a_secret_slips_through_in_any_text(place: Place, worker: Worker) -> None:
    told = [*FORMS, *(f'"{name}": "hunter2x"' for name in NAMES)]
    keys = put(place, [(column, value_of(column, text)) for text in told for column in TEXTS[place.table]])
    way = way_to(worker, place.table)
    stretch = read_stretch(worker, way, None, None, MANY, MUCH)
    assert set(keys) - set(stretch.suspects) == set()
    with taken_back(worker):
        assert set(keys) <= set(inside(worker, way).rest)
        held = json.dumps(written(worker))
    assert [text for text in FORMS if json.dumps(json.dumps(text))[3:-3] in held] == []


pieces = some.one_of(
    some.sampled_from([*FORMS, *NAMES]).flatmap(
        lambda text: some.tuples(some.integers(0, len(text)), some.integers(0, len(text))).map(
            lambda ends: text[min(ends) : max(ends)]
        )
    ),
    some.sampled_from(
        ["=", ": ", '"', "\\", "\\u0070ass", "/", "\n", "&", "?key=", "{{", "pass", "Pin", "token", "é"]
    ),
    some.text(some.characters(codec="utf-8", exclude_characters="\x00"), max_size=8),
)
texts = some.lists(pieces, min_size=1, max_size=5).map("".join)


@settings(max_examples=4, phases=[Phase.explicit, Phase.generate])
@given(told=some.lists(texts, min_size=30, max_size=30))
def test_the_look_finds_whatever_translation_would_look_at_closely(place: Place, told: list[str]) -> None:
    columns = TEXTS[place.table]
    put(
        place,
        [
            (columns[at % len(columns)], value_of(columns[at % len(columns)], text))
            for at, text in enumerate(told)
        ],
    )
    try:
        with at_work(place.context) as worker:
            stretch = read_stretch(worker, way_to(worker, place.table), None, None, MANY, MUCH)
            table = worker.source.table(place.table)
            rows = read_batch(worker.reader, worker.source, table, None, None, MANY, MUCH).rows
            close = {row.id for row in rows if RowFacts(row).may_hold_secret}
            assert close - set(stretch.suspects) == set()
    finally:
        clear(place)


ENDS = (
    "infinity",
    "-infinity",
    "294276-12-31 23:59:59.999999+00",
    "4713-01-01 BC",
    "0001-01-01",
    "9999-12-31 23:00+00",
    "2025-03-30 02:30",
)


def test_times_at_the_ends_come_out_the_same(place: Place, worker: Worker) -> None:
    names = ("started_at", "completed_at", *(("created_at",) if place.table == STEPS else ()))
    put(place, [(name, time) for time in ENDS for name in names])
    found = both_ways(worker)
    assert found.differences() == {}
    assert found.moved[place.table].written > 50


STEP_LISTS = (
    [
        {"nodeId": str(at), "status": "completed", "timestamp": "2025-03-04T05:06:07.123Z"}
        for at in range(10_000)
    ],
    [{"nodeId": "same", "id": "same", "status": "completed"}] * 3,
    [{"nodeId": "1", "status": "completed", "duration": 1e300, "output": {"n": -0.0, "long": 10**254}}],
    [{"nodeId": "1", "status": "failed", "error": "\\u0000 \\ud800 " + '"' * 3}],
)


def test_step_lists_of_every_length_come_out_the_same(place: Place, worker: Worker) -> None:
    if place.table == STEPS:
        put(place, [("input_data", json.dumps(steps)) for steps in STEP_LISTS])
    else:
        put(place, [("execution_steps", json.dumps(steps)) for steps in STEP_LISTS])
    found = both_ways(worker)
    assert found.differences() == {}
    if place.table == EXECUTIONS:
        assert sum(f'"execution_id":"{key(1)}"' in row for row in found.inside[STEPS]) == 3
        assert sum(f'"execution_id":"{key(0)}"' in row for row in found.inside[STEPS]) == 10_000


def test_an_endpoint_is_looked_for_as_it_is_written(place: Place, worker: Worker) -> None:
    """What two organizations claim may hold the marks of a pattern; only the endpoint itself is left for Python."""
    for endpoint, other in (("a_b%", "axbc"), ("c\\_d", "c_d")):
        told, alike = put(
            place,
            [("error_message" if place.table == EXECUTIONS else "error", text) for text in (endpoint, other)],
        )
        tenancy = replace(worker.source.tenancy, endpoints={endpoint: None})
        careful = replace(worker, source=replace(worker.source, tenancy=tenancy))
        way = way_to(careful, place.table)
        with taken_back(careful):
            rest = inside(careful, way).rest
        assert (told in rest, alike in rest) == (True, False), endpoint
        clear(place)


SET_BY_ALTER = {
    "timezone": "Asia/Kolkata", "datestyle": "SQL, DMY", "intervalstyle": "sql_standard", "standard_conforming_strings": "off",
    "bytea_output": "escape", "extra_float_digits": "-15", "transform_null_equals": "on", "array_nulls": "off", "xmloption": "document",
    "default_transaction_isolation": "serializable", "search_path": "pg_temp", "lock_timeout": "9ms",
    "backslash_quote": "on", "escape_string_warning": "on", "quote_all_identifiers": "on", "lc_monetary": "C", "plan_cache_mode": "force_custom_plan",
    "enable_indexscan": "off", "client_encoding": "LATIN1",
}  # fmt: skip
BESIDE = {
    "double precision": "'NaN'", "real": "'-Infinity'", "numeric": "'Infinity'", "interval": "'1 mon -2 days 03:04:05.6'", "bytea": r"'\x00ff'",
    "money": "'12.30'", "timestamp": "'2025-03-30 02:30'", "time": "'24:00'", "inet": "'10.0.0.1/8'", "text[]": "ARRAY['a', NULL, 'NULL', '{}']",
    "int4range": "'[1,5)'", "json": r"""'{"a": 1, "a": "\u0000", "b": "\ud800", "c": 1e400}'""", "char(5)": "'a'",
    '"char"': "'x'", "bit(3)": "'101'", "tsvector": "'a b'", "point": "'(1,2)'", "oid": "7",
}  # fmt: skip


def test_neither_settings_collations_nor_types_beside_make_a_difference(place: Place) -> None:
    database = place.dsn.rpartition("/")[2]
    for at, (kind, value) in enumerate(BESIDE.items()):
        fetch(place.dsn, f"ALTER TABLE {place.table} ADD beside_{at} {kind}")
        fetch(place.dsn, f"UPDATE {place.table} SET beside_{at} = {value}")
    seen = []
    for collated in ((), ("POSIX", "C"), ("pg_c_utf8", "ucs_basic")):
        for column, collation in zip(COLLATED[place.table], collated, strict=False):
            fetch(place.dsn, f'ALTER TABLE {place.table} ALTER {column} TYPE text COLLATE "{collation}"')
        with at_work(place.context) as worker:
            seen.append(both_ways(worker))
    for name, value in SET_BY_ALTER.items():
        fetch(place.dsn, f"ALTER DATABASE {database} SET {name} = {value!r}")
    with at_work(place.context) as worker:
        seen.append(both_ways(worker))
    assert [found.differences() for found in seen] == [{}] * 4
    assert all(found.inside == seen[0].inside for found in seen)
    assert [found.moved[place.table].written for found in seen] == [seen[0].moved[place.table].written] * 4
    assert min(seen[0].shares().values()) > 0.99


COLLATED = {EXECUTIONS: ("error_message", "triggered_by"), STEPS: ("error", "action_type")}
