"""Whatever row hypothesis makes up: what translation accepted, the prover accepts, with nothing lost on the way."""

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from agreement import LOADED, differences, moved, tables_of
from hypothesis import HealthCheck, example, given, settings
from odd_rows import GYM, KEY, SHAPES, workflow_rows

from atlas_workflows.legacy.records import SourceRow, Tenancy
from atlas_workflows.migration.reconciliation.differences import DifferenceKind

TENANCY = Tenancy(frozenset({GYM}))
TABLES = {shape: tables_of(shape) for shape in SHAPES}
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def drawn(
    *config: dict[str, Any], ids: tuple[Any, ...] = (), kind: str = "condition"
) -> tuple[str, SourceRow]:
    """Shape A with one node per configuration, chained in order."""
    names = ids or tuple(f"n{at}" for at in range(len(config)))
    nodes = [
        {"id": name, "type": kind, "data": {"label": "L", "actionType": kind, "config": one}}
        for name, one in zip(names, config, strict=True)
    ]
    edges = [{"id": "e", "source": one, "target": other} for one, other in pairwise(names)]
    columns = {"id": KEY, "organization_id": GYM, "name": "W", "status": "active", "trigger_type": "new_lead",
               "nodes": json.dumps(nodes), "edges": json.dumps(edges)}  # fmt: skip
    return "A", SourceRow("workflows", KEY, columns)


def found(shaped: tuple[str, SourceRow]) -> list[tuple[str, str | None, str]]:
    shape, row = shaped
    made = moved(row, TABLES[shape]["workflows"], TENANCY)
    assert "TRANSLATION_FAILED" not in {reason["code"] for reason in made.reasons}
    return [(str(item.kind), item.column, item.detail) for item in differences(row, made)]


@PATIENT
@given(workflow_rows())
@example(
    drawn({"conditionType": "tags", "operator": "has_any", "tags": "january challenge, personal training"})
)
@example(drawn({"field": "score", "operator": "Greater Than", "value": 3}))
@example(drawn({"field": "score", "operator": "exists", "description": "only people of the north club"}))
@example(drawn({}, {}, ids=("a ", "a")))
@example(drawn({}, {}, ids=(" a", "a"), kind="send_sms"))
@example(drawn({}, {}, ids=("n" * 260, "n" * 261), kind="send_sms"))
@example(drawn({}, {}, ids=(1, "1"), kind="send_sms"))
@example(drawn({}, {}, ids=(True, 2.5), kind="send_sms"))
@example(drawn({"cc": "front desk@gym.example, office@gym.example", "body": "x"}, kind="send_email"))
def test_any_row_that_translation_accepts_is_accepted_by_the_prover(shaped: tuple[str, SourceRow]) -> None:
    assert found(shaped) == []


@pytest.mark.parametrize(
    ("shaped", "code"),
    [
        (drawn({"field": "score", "operator": "Greater Than Or Equal", "value": 3}), "WRITTEN_ANEW"),
        (
            drawn({"cc": "front desk@gym.example, office@gym.example", "body": "x"}, kind="send_email"),
            "LIST_FROM_TEXT",
        ),
        (drawn({}, ids=("n" * 260,), kind="send_sms"), "NODE_ID_SHORTENED"),
    ],
)
def test_a_difference_that_is_made_on_purpose_is_named(shaped: tuple[str, SourceRow], code: str) -> None:
    made = moved(shaped[1], TABLES["A"]["workflows"], TENANCY)
    assert code in {reason["code"] for reason in made.reasons}
    assert differences(shaped[1], made) == []


def test_a_list_that_lost_a_part_is_found_although_the_split_was_named() -> None:
    shaped = drawn({"cc": "front desk@gym.example, office@gym.example", "body": "x"}, kind="send_email")
    made = moved(shaped[1], TABLES["A"]["workflows"], TENANCY)
    assert str(made.outcome) in LOADED
    [workflow] = made.rows["workflows"]
    cut = {**workflow, "definition": workflow["definition"].replace('"office@gym.example"', '"x"')}
    kinds = {
        item.kind for item in differences(shaped[1], replace(made, rows={**made.rows, "workflows": [cut]}))
    }
    assert DifferenceKind.TEXT_LOST in kinds


def test_ids_keep_their_blanks() -> None:
    made = moved(drawn({}, {}, ids=("a ", "a"), kind="send_sms")[1], TABLES["A"]["workflows"], TENANCY)
    assert [node["id"] for node in json.loads(made.rows["workflows"][0]["definition"])["nodes"]] == [
        "a ",
        "a",
    ]
