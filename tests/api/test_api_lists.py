"""Lists page by page: each row once while others are added, and each page at the cost of a page, however long the list is."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from api_world import World

from atlas_workflows.api.database import SETTINGS
from atlas_workflows.api.manners.cursors import cursor_of
from atlas_workflows.api.routes.workflows import FILTERS
from atlas_workflows.db.connect import application_transaction, connect
from atlas_workflows.db.sql_files import sql, sql_text
from crm_world import TWO

MANY, DAYS = 3_000, 8
LAST = datetime(2026, 3, 9, 12, tzinfo=UTC)
ADDED = {
    "workflows": "INSERT INTO atlas.workflows (organization_id, name) VALUES (%s, 'late')",
    "executions": "INSERT INTO atlas.workflow_executions (organization_id, status) VALUES (%s, 'queued')",
}
TABLES = {"workflows": "workflows", "executions": "workflow_executions"}
NOTHING: dict[str, Any] = {"organization": TWO, "limit": 51}


@pytest.fixture(scope="module")
def full(world: World) -> World:
    """A world with an organization that has much: workflows with and without a time, executions of days and of one instant."""
    with connect(world.dsn, application_name="test", autocommit=True) as connection:
        connection.execute(
            "SELECT atlas.ensure_day_partitions('workflow_executions', %s, %s)",
            [LAST - timedelta(days=DAYS), LAST],
        )
        connection.execute(sql("benchmarks/many_workflows"), {"organization": TWO, "many": MANY})
        connection.execute(
            sql("benchmarks/many_executions"),
            {"organization": TWO, "many": MANY, "days": DAYS, "last": LAST},
        )
        connection.execute("ANALYZE atlas.workflows, atlas.workflow_executions")
    return world


@pytest.mark.parametrize(("listed", "named"), [("workflows", "id"), ("executions", "execution")])
def test_each_is_shown_once_while_others_are_added(full: World, listed: str, named: str) -> None:
    ended, added = threading.Event(), 0

    def add() -> None:
        nonlocal added
        with psycopg.connect(full.dsn, autocommit=True) as connection:
            while not ended.is_set():
                connection.execute(ADDED[listed].encode(), [TWO])
                added += 1

    before = _ids(full, listed)
    adding = threading.Thread(target=add)
    adding.start()
    try:
        seen = list(_walk(full, listed, named))
    finally:
        ended.set()
        adding.join()
    assert len(before) >= MANY
    assert added > 0
    assert len(seen) == len(set(seen))
    assert set(seen) >= before


RARE = """
UPDATE atlas.workflows SET definition = '{"triggers": [{"type": "rare"}], "nodes": [{"type": "seldom", "name": "Found"}]}'
WHERE organization_id = %s AND name IN ('Workflow 7', 'Workflow 1500', 'Workflow 2990')
"""


@pytest.mark.parametrize(
    ("name", "value"),
    [("trigger", "rare"), ("step", "seldom"), ("search", "fOund"), ("search", "Workflow 7")],
)
def test_what_definitions_hold_is_looked_for_in_stretches(full: World, name: str, value: str) -> None:
    """A page reads a thousand workflows at most, says where it stopped, and none that fits is missed."""
    with psycopg.connect(full.dsn, autocommit=True) as connection:
        connection.execute(RARE.encode(), [TWO])
    before, found, pages = len(_ids(full, "workflows")), list[str](), 0
    given: dict[str, Any] = {name: value, "count": True}
    while given.get("cursor", "") is not None:
        page = full.get("workflows", organization=TWO, params=given)
        found += [item["name"] for item in page["items"]]
        pages, given["cursor"] = pages + 1, page["next"]
    wanted = {"Workflow 7"} if value == "Workflow 7" else {"Workflow 7", "Workflow 1500", "Workflow 2990"}
    assert {each for each in found if not each.startswith("Workflow 7") or each == "Workflow 7"} == wanted
    assert len(found) == len(set(found))
    assert pages >= before // 1_000
    assert page["capped_count"] == len(found)
    assert full.get("workflows?count=true", organization=TWO)["capped_count"] == before


def _ids(full: World, listed: str) -> set[str]:
    with psycopg.connect(full.dsn) as connection:
        statement = f"SELECT id::text FROM atlas.{TABLES[listed]} WHERE organization_id = %s".encode()
        return {row[0] for row in connection.execute(statement, [TWO])}


def _walk(full: World, listed: str, named: str) -> Iterator[str]:
    given: dict[str, Any] = {"limit": 197}
    while True:
        page = full.get(listed, organization=TWO, params=given)
        yield from (item[named] for item in page["items"])
        if page["next"] is None:
            return
        given["cursor"] = page["next"]


@pytest.mark.parametrize("since", [LAST - timedelta(days=3), LAST - timedelta(days=300)])
def test_executions_since_an_instant_are_those(full: World, since: datetime) -> None:
    given = {"since": since.isoformat(), "limit": 200}
    page = full.get("executions", organization=TWO, params=given)
    assert len(page["items"]) == 200
    with psycopg.connect(full.dsn) as connection:
        found = connection.execute(
            "SELECT id::text FROM atlas.workflow_executions WHERE organization_id = %s AND started_at >= %s"
            " ORDER BY started_at DESC, id DESC LIMIT 200", [TWO, since],
        ).fetchall()  # fmt: skip
    assert [item["execution"] for item in page["items"]] == [row[0] for row in found]


WORKFLOWS = dict.fromkeys(("id", *FILTERS, "before_at", "before_id", "down_to_at", "down_to_id"))
EXECUTIONS = dict.fromkeys(("workflow", "subject", "outcome", "since", "execution", "before_at", "before_id"))
BEFORE = LAST - timedelta(days=4)
PLACE = {"before_at": BEFORE, "before_id": "80000000-0000-4000-8000-000000000000"}
PAGES = {
    "api/workflows": (WORKFLOWS, PLACE, "(ROW("),
    "api/workflow_so_far_back": ({"back": 999}, PLACE, "(ROW("),
    "engine/executions": (EXECUTIONS, PLACE, "(started_at <="),
    "api/keys": ({"id": None, "before_at": None, "before_id": None}, PLACE, "(ROW("),
    "api/audit": ({"subject_table": None, "subject_id": None, "before": None}, {"before": 9}, "(id <"),
    "api/changes": ({"kind": 0, "execution": None}, {"transaction": "9", "id": 9}, "(ROW(written_by, id) >"),
}  # fmt: skip


@pytest.mark.parametrize("statement", PAGES)
def test_the_place_of_a_page_is_a_condition_of_the_index(full: World, statement: str) -> None:
    """Under the policies a condition with a function that might leak is none: it is asked of every row before the place."""
    nothing, place, condition = PAGES[statement]
    pages = [
        node for node in _plan(full, statement, NOTHING | nothing | place) if _is_listed(node, statement)
    ]
    assert pages
    for node in pages:
        assert condition in node.get("Index Cond", ""), node


def test_a_page_of_executions_opens_no_partition_newer_than_its_place(full: World) -> None:
    given = NOTHING | EXECUTIONS | PLACE | {"since": BEFORE - timedelta(days=2)}
    opened = {
        node["Relation Name"]
        for node in _plan(full, "engine/executions", given)
        if _is_listed(node, "engine/executions")
    }
    days = {f"workflow_executions_2026_03_0{day}" for day in (3, 4, 5)}
    assert opened == days


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_place_at_the_end_of_all_times_is_one(full: World, at: str) -> None:
    cursor = cursor_of("executions", datetime.fromisoformat(at), "80000000-0000-4000-8000-000000000000")
    items = full.get("executions", organization=TWO, params={"cursor": cursor})["items"]
    assert len(items) == (50 if at.startswith("9999") else 0)


def _is_listed(node: dict[str, Any], statement: str) -> bool:
    table = {
        "api/workflows": "workflows", "api/workflow_so_far_back": "workflows", "engine/executions": "workflow_executions_", "api/keys": "api_keys",
        "api/audit": "audit_log", "api/changes": "audit_log",
    }[statement]  # fmt: skip
    name = node.get("Relation Name", "")
    return bool(name.startswith(table) and (table.endswith("_") or name == table))


def _plan(full: World, statement: str, given: dict[str, Any]) -> list[dict[str, Any]]:
    """The nodes of its plan as the application role has it, whatever the size of the tables."""
    with connect(full.dsn, application_name="test", autocommit=True) as connection:
        for name, value in (SETTINGS | {"enable_seqscan": "off", "enable_bitmapscan": "off"}).items():
            connection.execute("SELECT set_config(%s, %s, false)", [name, value])
        with application_transaction(connection, TWO):
            cursor = psycopg.ClientCursor(connection)
            text = sql_text(statement).replace("{fitting}", sql_text("api/fitting_workflows"))
            cursor.execute(f"EXPLAIN (FORMAT JSON) {text}", given)  # type: ignore[arg-type]
            ((found,),) = cursor.fetchall()
    return list(_nodes(json.loads(json.dumps(found))[0]["Plan"]))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)
