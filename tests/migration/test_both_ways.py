"""History moved inside the database and history moved by Python: the same rows, ledger entries and originals, bit for bit."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import psycopg
import pytest
from both_ways import both_ways, inside, taken_back, trigger, way_to, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from legacy_samples import clone_sample
from moving_phase import fetch
from plain_source import new_context, open_public

from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.legacy.history import executions, step_entries
from atlas_workflows.migration.ledger.inputs import inputs_payload
from atlas_workflows.migration.movement import setwise
from atlas_workflows.migration.movement.backfill import at_work
from atlas_workflows.migration.movement.setwise import read_stretch, take_stretch, way_of
from atlas_workflows.migration.movement.setwise_statement import DAYS, EXECUTIONS, STEPS
from atlas_workflows.migration.movement.source import whole_table
from atlas_workflows.migration.movement.worker import Worker
from atlas_workflows.migration.request import RunOptions

# Every column that translation reads of an execution of any shape, in one table, and more than a function has arguments.
MORE = (
    "organization_id uuid", "org_id uuid", "result jsonb", "context jsonb", "execution_metadata jsonb", "error text",
    "execution_time_ms integer", "duration_ms bigint", "created_at timestamptz", "updated_at timestamptz",
    "execution_log jsonb", "results jsonb", '"odd %% name" text', *(f"beside_{number} text" for number in range(100)),
)  # fmt: skip
# And of a day; the old application kept fewer columns, and smaller numbers.
MORE_OF_DAYS = (
    "ADD organization_id uuid, ADD org_id uuid, ADD hour smallint, ADD successful_executions integer, ADD failed_executions bigint,"
    " ADD created_at timestamptz, ADD note text, ALTER workflow_id DROP NOT NULL, ALTER date DROP NOT NULL,"
    " ALTER executions_count TYPE bigint, ALTER success_count TYPE bigint, ALTER avg_execution_time_ms TYPE bigint"
)  # fmt: skip
TOKEN = "glpat-" + "AbCdEfGhIjKlMnOpQrSt"
PREFIX = "f0000000-0000-4000-8000-"


@dataclass(frozen=True)
class Place:
    """A worker and the address of its database."""

    worker: Worker
    dsn: str


@pytest.fixture(scope="module")
def place(
    request: pytest.FixtureRequest, pg_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["Place"]:
    """At work on a tidy sample that keeps no rule but its primary keys; executions of A and days of B have every column there is."""
    dsn = clone_sample(pg_server, request.param, workflows=30, executions=60, messy=False)
    for table, name in fetch(
        dsn,
        "SELECT conrelid::regclass::text, conname FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace AND contype IN ('f', 'u', 'c') ORDER BY contype DESC",
    ):
        fetch(dsn, f'ALTER TABLE {table} DROP CONSTRAINT IF EXISTS "{name}" CASCADE')
    for column in MORE if request.param == "A" else ():
        fetch(dsn, f"ALTER TABLE workflow_executions ADD COLUMN IF NOT EXISTS {column.replace('%%', '%')}")
    if request.param == "B":
        fetch(dsn, f"ALTER TABLE {DAYS} {MORE_OF_DAYS}")
        fetch(dsn, f"CREATE INDEX ON {DAYS} (date, workflow_id)")
    with at_work(new_context(dsn, tmp_path_factory.mktemp("home"))) as found:
        yield Place(found, dsn)
    pg_server.drop_database(dsn.rpartition("/")[2])


words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
numbers = st.one_of(
    st.integers(-(10**20), 10**20),
    st.sampled_from([Decimal("1.10"), Decimal("1E-7"), Decimal("0.50"), Decimal("1E+400")]),
)
scalars = st.one_of(
    st.none(), st.booleans(), numbers, words, st.sampled_from(["", "ok", '{"a": 1}', "$50", "SMTP 550"])
)
documents = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)),
    max_leaves=6,
)
objects = st.dictionaries(st.sampled_from(["leadId", "source", "note", "ä", "label"]), documents, max_size=3)
instants = st.integers(0, 10**13).map(
    lambda at: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
)
moments = st.one_of(
    st.none(),
    instants.map(datetime.isoformat),
    st.sampled_from(
        ["2024-02-29T10:00:00Z", "2025-02-03 04:05:06.789", "2025-13-01T00:00:00Z", "soon", 1735689600123]
    ),
)
lengths = st.one_of(
    st.none(), st.integers(0, 10**6), st.sampled_from([-5, 10**15, Decimal("2.5"), "12", True])
)
names = st.one_of(
    st.none(), words, st.sampled_from(["node_1", "1", "1. Mail", "", "[a]", 5, Decimal("1.50"), {}, False])
)
VALUES = {
    "timestamp": moments, "duration": lengths, "status": st.sampled_from([*step_entries.STATUSES, "Done", None, 3, ""]),
    "success": st.sampled_from([True, False, None, "yes"]), "output": documents, "result": documents, "details": documents,
    "input": documents, "error": st.one_of(st.none(), words, st.sampled_from(["", "{x}", 5, {"a": 1}])),
}  # fmt: skip
plain_entry = st.fixed_dictionaries(
    {"nodeId": words, "status": st.sampled_from(["completed", "failed", "success"])},
    optional={
        "timestamp": st.sampled_from(["2025-03-04T05:06:07.123Z", "2024-12-31T23:59:59+05:30"]), "nodeType": words,
        "duration": st.integers(0, 10**9), "output": documents, "nodeLabel": words, "extra": objects, "error": words,
    },
)  # fmt: skip
odd_entry = st.dictionaries(
    st.sampled_from([*sorted(step_entries.KNOWN), "attempt", "ä"]), st.none()
).flatmap(lambda keys: st.fixed_dictionaries({key: VALUES.get(key, names) for key in keys}))
step_lists = st.one_of(
    st.lists(plain_entry, max_size=4),
    st.lists(st.one_of(plain_entry, odd_entry, scalars), max_size=4),
    st.sampled_from([None, {}, "[]", {"a": 1}, 5]),
)
times = st.one_of(
    instants.map(str),
    st.sampled_from([None, "infinity", "-infinity", "0044-03-15 BC", "2025-01-01 00:00:00.123456+02:00"]),
)
row = st.fixed_dictionaries(
    {
        "workflow": st.sampled_from(["mine", "mine", "mine", "theirs", "none", "missing"]),
        "organization_id": st.sampled_from(["us", "us", None, "them", "missing"]),
        "status": st.sampled_from([*executions.STATUSES, "Completed", " done ", "", None, "odd"]),
        "started_at": times, "took": st.sampled_from([None, 0, 5, 3600, -5]), "created_at": times,
        "trigger_data": documents, "execution_steps": step_lists, "execution_log": step_lists,
    },
    optional={
        "input_data": documents, "output_data": documents, "result": objects, "context": documents, "execution_metadata": objects,
        "error": words, "error_message": words, "triggered_by": words, "execution_time_ms": st.sampled_from([0, 7, -1]),
        "duration_ms": st.integers(-(10**18), 10**18), "updated_at": times, "odd % name": words, "org_id": st.sampled_from(["us", "them"]),
    },
)  # fmt: skip

counts = st.one_of(st.none(), st.integers(0, 10**4), st.sampled_from([-1, 10**18 - 1, 10**18, 2**63 - 1]))
small_counts = st.one_of(st.none(), st.integers(-1, 10**4))
# Few days, so that some are counted twice.
day = st.fixed_dictionaries(
    {
        "workflow": st.sampled_from(["mine", "mine", "mine", "theirs", "none", "missing"]),
        "date": st.sampled_from(["2025-01-01", "2025-01-02", "2024-02-29", "infinity", "0044-03-15 BC", None]),
        "hour": st.sampled_from([None, None, None, 0, 23, 24, -1]),
        "executions_count": counts, "success_count": counts, "failure_count": small_counts, "unique_triggers": small_counts,
        "total_execution_time_ms": counts, "avg_execution_time_ms": counts,
    },
    optional={
        "organization_id": st.sampled_from(["us", None, "them", "missing"]), "org_id": st.sampled_from(["us", "them"]), "created_at": times,
        "successful_executions": small_counts, "failed_executions": counts,
        "note": st.one_of(words, st.sampled_from([TOKEN, "no author", '{"$secret": "x"}', "12" * 300])),
    },
)  # fmt: skip


def as_json(value: Any) -> str | None:
    return None if value is None else dumps_text(value)


class Owners:
    """Two workflows of two organizations, by the words that generated rows use."""

    def __init__(self, dsn: str) -> None:
        (mine, us), (theirs, them) = fetch(
            dsn,
            "SELECT DISTINCT ON (w.organization_id) w.id::text, w.organization_id::text FROM workflows AS w"
            " JOIN organizations AS o ON o.id = w.organization_id ORDER BY w.organization_id, w.id LIMIT 2",
        )
        lost = "00000000-0000-4000-8000-00000000dead"
        self.workflows = {"mine": mine, "theirs": theirs, "none": None, "missing": lost}
        self.organizations = {"us": us, "them": them, "missing": lost, None: None}

    def put(self, legacy: psycopg.Connection[Any], number: int, made: dict[str, Any]) -> None:
        """Insert a generated row under a key that follows from its number."""
        began = made["started_at"]
        columns = {name: value for name, value in made.items() if name not in ("workflow", "took")}
        for name in set(DOCUMENTS) & set(columns):
            columns[name] = as_json(columns[name])
        for name in ("organization_id", "org_id"):
            columns[name] = self.organizations[columns.get(name)]
        ended = (
            (datetime.fromisoformat(began) + timedelta(seconds=made["took"])).isoformat()
            if made["took"] is not None and began and began[:2] == "20"
            else None
        )
        columns |= {"id": key(number), "workflow_id": self.workflows[made["workflow"]], "completed_at": ended}
        insert(legacy, EXECUTIONS, columns)

    def put_day(self, legacy: psycopg.Connection[Any], number: int, made: dict[str, Any]) -> None:
        """The same of a day."""
        columns = {name: value for name, value in made.items() if name != "workflow"}
        for name in set(columns) & {"organization_id", "org_id"}:
            columns[name] = self.organizations[columns[name]]
        columns |= {"id": key(number), "workflow_id": self.workflows[made["workflow"]]}
        insert(legacy, DAYS, columns)


def insert(legacy: psycopg.Connection[Any], table: str, columns: dict[str, Any]) -> None:
    listed = ", ".join('"' + name.replace("%", "%%") + '"' for name in columns)
    marks = ", ".join(["%s"] * len(columns))
    statement = f"INSERT INTO {table} ({listed}) VALUES ({marks})"
    legacy.execute(statement.encode(), list(columns.values()))


DOCUMENTS = (
    "trigger_data", "input_data", "output_data", "result", "context", "execution_metadata", "execution_steps", "execution_log",
)  # fmt: skip


def key(number: int) -> str:
    return f"{PREFIX}{number:012x}"


@pytest.mark.parametrize("place", ["A"], indirect=True)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(row, min_size=10, max_size=25))
def test_generated_rows_come_out_the_same(place: Place, rows: list[dict[str, Any]]) -> None:
    owners = Owners(place.dsn)
    fetch(place.dsn, "DELETE FROM workflow_executions WHERE id::text LIKE %s", f"{PREFIX}%")
    with open_public(place.dsn) as legacy:
        for number, made in enumerate(rows):
            owners.put(legacy, number, made)
    found = both_ways(place.worker)
    assert found.differences() == {}
    # At least the sample's own 60 rows are there, and those of them that are named by a twin are no plain ones.
    assert found.moved[EXECUTIONS].written >= 50


@pytest.mark.parametrize("place", ["B"], indirect=True)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(days=st.lists(day, min_size=20, max_size=50))
def test_generated_days_come_out_the_same(place: Place, days: list[dict[str, Any]]) -> None:
    owners = Owners(place.dsn)
    [(own,)] = fetch(place.dsn, f"SELECT count(*) FROM {DAYS} WHERE id::text NOT LIKE %s", f"{PREFIX}%")
    with open_public(place.dsn) as legacy:
        for number, made in enumerate(days):
            owners.put_day(legacy, number, made)
    found = both_ways(place.worker, only=[DAYS])
    fetch(place.dsn, f"DELETE FROM {DAYS} WHERE id::text LIKE %s", f"{PREFIX}%")
    assert found.differences() == {}
    assert found.moved[DAYS].written >= own > 40
    assert TOKEN not in json.dumps(found.inside)


@pytest.mark.parametrize("place", ["B"], indirect=True)
def test_a_day_is_counted_by_its_first_row_alone(place: Place) -> None:
    """Also where the hour tells two rows of a day apart, and whichever of the two comes first into a stretch."""
    owners = Owners(place.dsn)
    made = {"workflow": "mine", "date": "2025-05-05", "executions_count": 1}
    with open_public(place.dsn) as legacy:
        for number, hour in enumerate([None, 7, None, 7, 8]):
            owners.put_day(legacy, number, made | {"hour": hour})
    with taken_back(place.worker):
        moved = inside(place.worker, way_to(place.worker, DAYS))
        twins = [row for row in written(place.worker)["quarantine"] if "ANALYTICS_DUPLICATE" in row]
    fetch(place.dsn, f"DELETE FROM {DAYS} WHERE id::text LIKE %s", f"{PREFIX}%")
    assert list(moved.rest) == [key(2), key(3)]
    assert len(twins) == 2


@pytest.mark.parametrize("place", ["B"], indirect=True)
def test_without_an_index_to_find_a_days_twins_by_all_days_go_through_python(place: Place) -> None:
    """Looking through the whole table for each day would take longer than Python does."""
    worker = place.worker
    name = "workflow_analytics_date_workflow_id_idx"
    others = ("(workflow_id, executions_count)", "(date, workflow_id) WHERE date > '2025-01-01'", "USING hash (workflow_id)", "(lower(note), date)", "(workflow_id) INCLUDE (date)")  # fmt: skip
    fetch(place.dsn, f"DROP INDEX {name}")
    for other in others:
        fetch(place.dsn, f"CREATE INDEX other ON {DAYS} {other}")
        assert way_of(worker, worker.source.table(DAYS)) is None
        fetch(place.dsn, "DROP INDEX other")
    fetch(place.dsn, f"CREATE UNIQUE INDEX {name} ON {DAYS} (workflow_id, date, hour)")
    assert way_of(worker, worker.source.table(DAYS)) is not None


@pytest.mark.parametrize("place", ["B"], indirect=True)
def test_a_day_that_was_hashed_with_a_key_is_left_alone(place: Place) -> None:
    """As earlier releases hashed all of them."""
    worker, table = place.worker, place.worker.source.table(DAYS)
    with taken_back(worker):
        first = inside(worker, way_to(worker, DAYS))
        for batch in whole_table(worker.reader, worker.source, table, RunOptions()):
            for row in batch.rows:
                keyed = worker.sealer.hmac(inputs_payload(row, worker.source.tenancy))
                worker.writer.execute(
                    "UPDATE atlas.migration_ledger SET inputs_hash = %s WHERE source_table = %s AND source_id = %s",
                    [keyed, DAYS, row.id],
                )
        before = written(worker)
        again = inside(worker, way_to(worker, DAYS))
        assert (again.settled, len(again.rest)) == (0, first.written + len(first.rest))
        assert written(worker) == before


@pytest.mark.parametrize("place", ["B"], indirect=True)
def test_a_day_that_was_rolled_back_is_written_anew(place: Place) -> None:
    worker = place.worker
    with taken_back(worker):
        first = inside(worker, way_to(worker, DAYS))
        before = written(worker)
        worker.writer.execute("DELETE FROM atlas.workflow_analytics WHERE origin = 'legacy_reported'")
        worker.writer.execute("UPDATE atlas.migration_ledger SET rolled_back_at = now() WHERE source_table = %s", [DAYS])  # fmt: skip
        again = inside(worker, way_to(worker, DAYS))
        assert (again.settled, len(again.rest)) == (0, first.written + len(first.rest))
        assert written(worker) == before


# One column cast differently, one hash over less, one word too many: each is a disagreement that must show.
PLANTED = {
    "A": [
        ("moved.completed_at,", "date_trunc('second', moved.completed_at),"),
        ("steps.output_data,", "to_jsonb(steps.output_data::text),"),
        ("steps.execution_time_ms,", "steps.execution_time_ms + 1,"),
        ("moved.triggered_by,", "upper(moved.triggered_by),"),
        ("'[]',", "'[{}]',"),
        ("moved.content,", "moved.content || ' ',"),
        ("moved.inputs_hash,", "moved.source_hash,"),
        ("E'\\n' ORDER BY steps.told", "E'\\t' ORDER BY steps.told"),
        ("'/step:'", "'/steps:'"),
    ],
    "B": [
        ("moved.completed_at,", "date_trunc('second', moved.completed_at),"),
        ("moved.input_data,", "NULL::jsonb,"),
        ("moved.node_id,", "moved.node_type,"),
        ("made.status,", "'pending' AS status,"),
        ("moved.day,", "moved.day + 1,"),
        ("'legacy_reported',", "'atlas',"),
        ("coalesce(moved.failed_count, 0),", "moved.successful_count,"),
        ("moved.avg_execution_time_ms,", "moved.total_execution_time_ms,"),
        ("executions_count=", "executions_counts="),
        ("'translation 10'", "'translation 11'"),
    ],
}


@pytest.mark.parametrize("place", ["A", "B"], indirect=True)
def test_a_planted_disagreement_shows(place: Place, request: pytest.FixtureRequest) -> None:
    shape = request.node.callspec.params["place"]
    fetch(place.dsn, "DELETE FROM workflow_executions WHERE id::text LIKE %s", f"{PREFIX}%")
    assert both_ways(place.worker).differences() == {}
    for told, instead in PLANTED[shape]:
        seen: list[bool] = []

        def alter(text: str, told: str = told, instead: str = instead, seen: list[bool] = seen) -> str:
            seen.append(told in text)
            return text.replace(told, instead)

        found = both_ways(place.worker, alter)
        assert any(seen), told
        assert found.differences() != {}, told


REFUSALS = (
    "disk_full", "check_violation", "query_canceled", "out_of_memory", "statement_too_complex", "configuration_limit_exceeded",
)  # fmt: skip


@pytest.mark.parametrize("place", ["B"], indirect=True)
def test_what_the_statement_is_refused_goes_through_python_and_its_neighbours_do_not(place: Place) -> None:
    """The trigger stands for the disk, the clock and the rules of the database."""
    worker, way = place.worker, way_of(place.worker, place.worker.source.table(STEPS))
    assert way is not None
    keys = [key for (key,) in fetch(place.dsn, "SELECT id::text FROM workflow_execution_steps ORDER BY id")]
    for refusal in REFUSALS:
        body = (
            f"IF NEW.source_id = '{keys[70]}' THEN RAISE EXCEPTION 'no' USING ERRCODE = '{refusal}'; END IF;"
        )
        with trigger(place.dsn, body), taken_back(worker):
            moved = inside(worker, way)
            assert keys[70] in moved.rest, refusal
            assert len(moved.rest) <= setwise.FEWEST_HALVED
            assert moved.written + len(moved.rest) == len(keys)
            assert len(written(worker)["originals"]) == len(keys)
            assert written(worker)["quarantine"] == []


@pytest.mark.parametrize("place", ["B"], indirect=True)
def test_a_row_that_turns_dirty_before_the_statement_goes_through_python(place: Place) -> None:
    worker, way = place.worker, way_of(place.worker, place.worker.source.table(STEPS))
    assert way is not None
    [(chosen, error)] = fetch(
        place.dsn, "SELECT id::text, error FROM workflow_execution_steps ORDER BY id LIMIT 1"
    )
    with taken_back(worker):
        stretch = read_stretch(worker, way, None, None, 10_000, 1 << 30)
        fetch(
            place.dsn, "UPDATE workflow_execution_steps SET error = %s WHERE id = %s", f"uses {TOKEN}", chosen
        )
        moved, by_python = take_stretch(worker, way, stretch)
        assert (moved.rest, by_python) == ([chosen], 1)
        assert TOKEN not in json.dumps(written(worker))
    fetch(place.dsn, "UPDATE workflow_execution_steps SET error = %s WHERE id = %s", error, chosen)


@pytest.mark.parametrize("place", ["B"], indirect=True)
def test_a_row_that_changes_during_the_statement_is_moved_as_it_was(place: Place) -> None:
    """One statement has one snapshot: what it judged is what it writes, to every table alike."""
    worker, way = place.worker, way_of(place.worker, place.worker.source.table(STEPS))
    assert way is not None
    [(chosen, error)] = fetch(
        place.dsn, "SELECT id::text, error FROM workflow_execution_steps ORDER BY id DESC LIMIT 1"
    )
    with (
        psycopg.connect(place.dsn, autocommit=True) as other,
        trigger(place.dsn, "PERFORM pg_advisory_xact_lock(4711);"),
    ):
        other.execute("SELECT pg_advisory_lock(4711)")
        with taken_back(worker):
            stretch = read_stretch(worker, way, None, None, 10_000, 1 << 30)
            mover = Thread(target=take_stretch, args=(worker, way, stretch))
            mover.start()
            while not fetch(place.dsn, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
                assert mover.is_alive()
            fetch(place.dsn, "UPDATE workflow_execution_steps SET error = %s WHERE id = %s", TOKEN, chosen)
            other.execute("SELECT pg_advisory_unlock(4711)")
            mover.join()
            found = written(worker)
    fetch(place.dsn, "UPDATE workflow_execution_steps SET error = %s WHERE id = %s", error, chosen)
    assert TOKEN not in json.dumps(found)
    assert [table for table in ("workflow_execution_steps", "originals", "migration_ledger") if chosen in str(found[table])] == [
        "workflow_execution_steps", "originals", "migration_ledger",
    ]  # fmt: skip


@pytest.mark.parametrize("place", ["B"], indirect=True)
def test_what_packs_well_is_measured_as_text(place: Place) -> None:
    """A few kilobytes on disk may be megabytes for whoever fetches them: too long to be plain, so they need not be fetched."""
    worker, way = place.worker, way_of(place.worker, place.worker.source.table(STEPS))
    assert way is not None
    found = fetch(place.dsn, "SELECT id::text, error FROM workflow_execution_steps ORDER BY id LIMIT 3")
    for chosen, _ in found:
        told = f"{'x' * 1_200_000} {TOKEN}"
        fetch(place.dsn, "UPDATE workflow_execution_steps SET error = %s WHERE id = %s", told, chosen)
    with taken_back(worker):
        stretch = read_stretch(worker, way, None, None, 10_000, 3_000_000)
        assert (stretch.count, stretch.is_last, stretch.suspects) == (2, False, ())
        assert stretch.size > 2_400_000
        assert {chosen for chosen, _ in found} <= set(inside(worker, way).rest)
        assert TOKEN not in json.dumps(written(worker))
    for chosen, error in found:
        fetch(place.dsn, "UPDATE workflow_execution_steps SET error = %s WHERE id = %s", error, chosen)


SETTINGS = "SELECT name, setting FROM pg_settings WHERE name = ANY(%s) ORDER BY name"


@pytest.mark.parametrize("place", ["B"], indirect=True)
def test_what_is_known_and_unchanged_is_only_looked_at(place: Place) -> None:
    worker, ways = (
        place.worker,
        [way_of(place.worker, place.worker.source.table(name)) for name in (EXECUTIONS, STEPS, DAYS)],
    )
    for way in ways:
        assert way is not None
        with taken_back(worker):
            before = worker.writer.execute(SETTINGS, [list(setwise.SETTINGS)]).fetchall()
            first = inside(worker, way)
            again = inside(worker, way)
            assert worker.writer.execute(SETTINGS, [list(setwise.SETTINGS)]).fetchall() == before
            assert (first.written, again.written, again.unchanged) == (again.settled, 0, first.written)
            worker.writer.execute(
                "UPDATE atlas.migration_ledger SET inputs_hash = 'x' WHERE source_id IN (SELECT min(source_id) FROM atlas.migration_ledger WHERE source_table = %s)",
                [way.table],
            )
            assert len(inside(worker, way).rest) == len(first.rest) + 1
