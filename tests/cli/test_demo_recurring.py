"""What recurs in the demo: due soon in every zone, fit to be published, and said in words where it is not carried out."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from atlas_workflows.cli.demo import serve
from atlas_workflows.cli.demo_recurring import EVEN_SECONDS, LEAD, Appointment, Fired, definition, first_due
from atlas_workflows.cli.demo_recurring_view import show_appointment, show_fired
from atlas_workflows.graph.parse import parse
from atlas_workflows.graph.validate import validate
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.recurring.entry import entry_of
from atlas_workflows.schedule.occurrences import Schedule
from atlas_workflows.schedule.spec import parse_spec
from atlas_workflows.settings import ROOT, Settings
from atlas_workflows.supervision.state import StackState

NOW = datetime(2026, 3, 28, 22, 40, 13, tzinfo=UTC)
STATE = StackState("ready", "", supervisor_pid=1, airflow_port=8080)


@pytest.mark.parametrize(
    ("since", "zone"),
    [
        (NOW, "America/Los_Angeles"),
        (NOW, "Asia/Kathmandu"),
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), "Europe/London"),
        (datetime(2026, 4, 4, 23, 30, tzinfo=UTC), "Europe/London"),  # a week after the clocks went forward
        (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), "Europe/London"),
        (datetime(2026, 10, 31, 23, 30, tzinfo=UTC), "Europe/London"),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "UTC"),
    ],
)
def test_it_is_due_soon_whatever_the_clocks_do(since: datetime, zone: str) -> None:
    for number in range(300):
        now = since + timedelta(seconds=31 * number)
        due = first_due(now)
        assert LEAD < due - now <= LEAD + timedelta(seconds=EVEN_SECONDS)
        (trigger,) = definition(due, zone)["triggers"]
        (found,) = Schedule(parse_spec(trigger["parameters"]["schedule"])).next(now, 1)
        assert found.at == due


def test_what_is_published_has_no_problem() -> None:
    workflow, problems = parse(definition(NOW, "UTC"))
    assert workflow is not None
    assert problems + validate(workflow, load_catalogue(), hints=False) == []


def _appointment() -> Appointment:
    (trigger,) = definition(NOW, "UTC")["triggers"]
    entry = entry_of(
        organization="o", organization_name="[b]Iron Gym", workflow="w", name="Word", version=1, trigger="daily",
        published_at=NOW, active_since=NOW, year=2026, schedule=trigger["parameters"]["schedule"],
    )  # fmt: skip
    return Appointment(entry, NOW.replace(second=0), NOW)


def _story(outcome: str, reason: str | None = None) -> Any:
    execution = SimpleNamespace(
        outcome=outcome, reason=reason, started_at=NOW, execution="e", organization="o"
    )
    return SimpleNamespace(execution=execution)


RUN = {"state": "success", "start_date": "2026-03-28T22:40:01Z"}


@pytest.mark.parametrize(
    ("dag_run", "story", "problem"),
    [
        (None, None, "made no DAG run for 22:40:00 +0000"),
        ({"state": "failed", "start_date": None}, None, "is failed, and no execution began"),
        (RUN, _story("failed", "no mail server"), "The execution is failed: no mail server."),
        (RUN, _story("completed"), None),
    ],
)
def test_what_is_wrong_is_said(dag_run: Any, story: Any, problem: str | None) -> None:
    fired = Fired(_appointment(), dag_run, story)
    assert problem == fired.problem or (fired.problem and problem and problem in fired.problem)
    out = Console(file=io.StringIO(), width=150)
    show_appointment(fired.appointment, out)
    show_fired(fired, STATE, out)
    said = out.file.getvalue()  # type: ignore[attr-defined]
    assert "[b]Iron Gym · Word, every day at 22:40:00 (UTC)" in said
    assert "http://127.0.0.1:8080/dags/recurring.w.daily" in said
    assert problem is None or problem in said


def test_the_demo_ends_where_its_stack_does(tmp_path: Path) -> None:
    settings = Settings(root=ROOT, home=tmp_path, crm_dsn=None, pg_bin=None, secret_keys=())
    out = Console(file=io.StringIO(), width=150)
    serve(settings, STATE, out)
    assert "stopped elsewhere" in out.file.getvalue()  # type: ignore[attr-defined]
