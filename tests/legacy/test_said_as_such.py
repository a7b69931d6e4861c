"""Oddities that are carried over as they are, and said: negative lengths of time, configurations of no form."""

import json

import pytest
from legacy_rows import ORGANIZATION, ROW, codes, record

from atlas_workflows.legacy.history.executions import execution_rows
from atlas_workflows.legacy.records import SourceRow, Tenancy
from atlas_workflows.legacy.translate import translate_or_raise

TENANCY = Tenancy(frozenset({ORGANIZATION}))
TIMES = {"started_at": "2025-01-01 00:00:00+00", "completed_at": "2025-01-01 00:00:01+00"}


@pytest.mark.parametrize("stored", ["[]", "null", '""', '"[]"', None])
@pytest.mark.parametrize("shape", ["A", "B", "C", "F"])
def test_an_empty_trigger_configuration_is_reported_as_such(shape: str, stored: str | None) -> None:
    translation = translate_or_raise(record(shape, trigger_type="new_lead", trigger_config=stored))
    assert "TRIGGER_CONFIG_EMPTY" in codes(translation)
    assert "TRIGGER_CONFIG_MALFORMED" not in codes(translation)


@pytest.mark.parametrize(
    ("kind", "stored"),
    [("new_lead", "{}"), ("new_lead", '{"source": "web"}'), (None, None), ("manual", None)],
)
def test_an_ordinary_one_is_not(kind: str | None, stored: str | None) -> None:
    translation = translate_or_raise(record(trigger_type=kind, trigger_config=stored))
    assert "TRIGGER_CONFIG_EMPTY" not in codes(translation)


def test_a_registered_trigger_says_so_too() -> None:
    row = {"id": ROW, "trigger_type": "new_lead", "trigger_config": "[]"}
    assert "TRIGGER_CONFIG_EMPTY" in codes(
        translate_or_raise(record("B", triggers=(row,), workflow_data="{}"))
    )


def test_negative_lengths_are_kept_and_reported() -> None:
    steps = [
        {"nodeId": "a", "status": "completed", "duration": -7},
        {"nodeId": "b", "status": "completed", "duration": "long"},
    ]
    columns = {"id": ROW, "organization_id": ORGANIZATION, "workflow_id": ROW, "status": "completed", **TIMES,
               "execution_time_ms": "-5", "execution_steps": json.dumps(steps)}  # fmt: skip
    beside = {"workflow": ({"id": ROW, "organization_id": ORGANIZATION},)}
    verdict = execution_rows(SourceRow("workflow_executions", ROW, columns, beside), TENANCY)
    assert [(str(reason.code), reason.field) for reason in verdict.reasons] == [
        ("DURATION_NEGATIVE", "execution_time_ms"), ("DURATION_NEGATIVE", "step 0.duration"), ("STEPS_UNREADABLE", "step 1.duration"),
    ]  # fmt: skip
    assert verdict.rows["workflow_executions"][0]["execution_time_ms"] == -5
    assert [step["execution_time_ms"] for step in verdict.rows["workflow_execution_steps"]] == [-7, None]
