"""`atlas workflow execute`: the trace, the JSON form, and unusable input."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from atlas_workflows.cli.workflow import app

WORKFLOW: dict[str, Any] = {
    "id": "w",
    "name": "Welcome",
    "settings": {"timezone": "Europe/London"},
    "triggers": [
        {"id": "t", "type": "lead_created", "parameters": {"filters": {"field": "contact.email", "operator": "exists"}}},
        {"id": "u", "type": "manual", "enabled": False},
    ],
    "nodes": [
        {"id": "hello", "type": "send_sms", "name": "Say [hello]", "retry": {"attempts": 3},
         "parameters": {"message": "Hi {{ contact.name }}, {{ contact.nick }}"}},
        {"id": "answer", "type": "wait", "parameters": {"wait": {
            "kind": "until_event", "events": [{"type": "message_received"}], "timeout": {"amount": 1, "unit": "days"}}}},
        {"id": "call", "type": "create_task", "parameters": {"title": "Call {{ contact.name }}"}},
    ],
    "edges": [
        {"id": "1", "source": "t", "target": "hello"},
        {"id": "2", "source": "hello", "target": "answer"},
        {"id": "3", "source": "answer", "source_port": "timeout", "target": "call"},
    ],
}  # fmt: skip
DATA = {"contact": {"id": "c1", "name": "Ana", "email": "ana@example.org"}}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "w.json").write_text(json.dumps(WORKFLOW))
    (tmp_path / "data.json").write_text(json.dumps(DATA))
    return tmp_path


def run(folder: Path, *more: str) -> Any:
    fixed = [str(folder / "w.json"), "--input", str(folder / "data.json"), "--at", "2026-03-28T09:00"]
    return CliRunner().invoke(app, ["execute", *fixed, *more])


def played(folder: Path, *more: str) -> dict[str, Any]:
    result = run(folder, *more, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)  # type: ignore[no-any-return]


def test_the_json_form(files: Path) -> None:
    answer = played(files)
    assert answer.keys() == {"outcome", "finished_at", "steps", "effects"}
    assert (answer["outcome"], answer["finished_at"]) == ("completed", "2026-03-29T08:00:00Z")
    assert answer["steps"][0] == {
        "node": "hello", "type": "send_sms", "iteration": 0, "attempt": 1, "status": "completed",
        "started_at": "2026-03-28T09:00:00Z", "finished_at": "2026-03-28T09:00:00Z",
        "output": None, "error": None, "port": "main",
    }  # fmt: skip
    assert [step["port"] for step in answer["steps"]] == ["main", "timeout", "main"]
    assert answer["effects"][0].keys() == {"node", "kind", "key", "at", "content"}
    assert answer["effects"][1]["content"] == {"title": "Call Ana"}
    assert answer == played(files)


def test_failing_attempts_are_played(files: Path) -> None:
    attempts = [
        (s["attempt"], s["status"])
        for s in played(files, "--fail", "hello:2")["steps"]
        if s["node"] == "hello"
    ]
    assert attempts == [(1, "failed"), (2, "failed"), (3, "completed")]
    assert played(files, "--fail", "hello:3")["outcome"] == "failed"


def test_events_feed_waits_and_those_of_other_subjects_do_not(files: Path) -> None:
    lines = [
        {"time": "2026-03-28T10:00:00Z", "type": "message_received", "subject": "c2", "data": {}},
        {
            "time": "2026-03-28T12:00:00Z",
            "type": "message_received",
            "subject": {"id": "c1"},
            "data": {"text": "yes"},
        },
    ]
    events = files / "events.jsonl"
    events.write_text("\n".join(map(json.dumps, lines)) + "\n\n")
    answer = played(files, "--events", str(events))
    assert answer["steps"][1]["finished_at"] == "2026-03-28T12:00:00Z"
    assert answer["steps"][1]["output"]["event"]["data"] == {"text": "yes"}
    assert [effect["node"] for effect in answer["effects"]] == ["hello"]


def test_what_is_still_waited_for_is_a_step_without_an_end(files: Path) -> None:
    endless = json.loads(json.dumps(WORKFLOW))
    del endless["nodes"][1]["parameters"]["wait"]["timeout"]
    del endless["edges"][2]
    endless["nodes"].pop()
    (files / "w.json").write_text(json.dumps(endless))
    answer = played(files)
    assert (answer["outcome"], answer["finished_at"]) == ("waiting", None)
    assert (answer["steps"][-1]["status"], answer["steps"][-1]["finished_at"]) == ("waiting", None)


def test_a_trigger_whose_filters_do_not_hold_starts_nothing(files: Path) -> None:
    (files / "data.json").write_text('{"name": "Ana"}')
    answer = played(files)
    assert (answer["outcome"], answer["steps"]) == ("not_started", [])
    assert answer["reason"].startswith("contact.email is not set")
    assert "add --anyway" in run(files).stdout
    assert played(files, "--anyway")["outcome"] == "completed"
    assert "which would not have fired" in run(files, "--anyway").stdout
    (files / "data.json").write_text('{"name": "Ana", "email": "a@b"}')
    assert played(files)["effects"][1]["content"] == {"title": "Call Ana"}


def test_the_trace_speaks_to_people(files: Path) -> None:
    result = run(files, "--fail", "hello:1")
    assert result.exit_code == 0
    for words in (
        "Welcome, starting Sat 28 Mar 2026 09:00:00 (Europe/London)",
        "failed    Say [hello] (hello)",
        "Tried again in 1 s.",
        "message: Hi Ana,",
        "Without a value: contact.nick",
        "Sun 29 Mar 2026 09:00:01  completed Wait (answer) → timeout",
        "completed at Sun 29 Mar 2026 09:00:01; would send SMS, create task",
    ):
        assert words in result.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--fail", "nobody:1"], "names no node of the workflow. Write NODE:ATTEMPTS."),
        (["--fail", "hello"], "names no node"),
        (["--fail", "hello:often"], "no number of attempts"),
        (["--fail", "answer:1"], "asks nothing of a provider"),
        (["--at", "tomorrow"], "not an ISO time"),
        (["--at", "9999-12-31T23:59:59Z"], "not an ISO time"),
        (["--trigger", "x"], "no trigger 'x'"),
        (["--events", "/nowhere.jsonl"], "cannot be read"),
    ],
)
def test_unusable_options(files: Path, options: list[str], said: str) -> None:
    result = run(files, *options)
    assert result.exception is not None
    assert said in str(result.exception)
    assert getattr(result.exception, "exit_code", None) == 2


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "3",
        "{}",
        '{"time": 5, "type": "a"}',
        '{"time": "2026-01-01", "type": "a", "data": 7}',
        '{"time": "9999-01-01T00:00Z", "type": "a"}',
    ],
)
def test_unusable_events_are_named_by_their_number(files: Path, line: str) -> None:
    (files / "events.jsonl").write_text('{"time": "2026-01-01T00:00:00Z", "type": "a"}\n' + line)
    result = run(files, "--events", str(files / "events.jsonl"))
    assert "event 2" in str(result.exception)


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "3",
        '{"variables": []}',
        "{",
        '{"contact": "Ana"}',
        '{"lead": [1]}',
        '{"trigger": 3}',
        '{"a": 1, "a": 2}',
    ],
)
def test_unusable_data(files: Path, content: str) -> None:
    (files / "data.json").write_text(content)
    assert getattr(run(files).exception, "exit_code", None) == 2


def test_a_subject_that_is_null_does_not_hide_another(files: Path) -> None:
    write(files / "data.json", {"contact": None, "lead": DATA["contact"]})
    assert played(files)["effects"][1]["content"] == {"title": "Call Ana"}


def test_a_workflow_with_errors_is_not_executed(files: Path) -> None:
    (files / "w.json").write_text(json.dumps({**WORKFLOW, "edges": []}))
    result = run(files)
    assert "is not a valid workflow (3 errors)" in str(result.exception)


def write(file: Path, document: dict[str, Any]) -> None:
    file.write_text(json.dumps(document))


def caller(name: str) -> dict[str, Any]:
    step = {"id": "call", "type": "sub_workflow", "parameters": {"workflow_id": name}}
    return {
        **WORKFLOW,
        "id": "outer",
        "name": "Outer",
        "nodes": [step],
        "edges": [WORKFLOW["edges"][0] | {"target": "call"}],
    }


def test_workflows_of_a_folder_are_entered(files: Path) -> None:
    folder = files / "all"
    folder.mkdir()
    write(folder / "welcome.json", WORKFLOW)
    (folder / "notes.json").write_text("no JSON")
    (folder / "data.json").write_text("[]")
    write(files / "w.json", caller("w"))
    answer = played(files, "--workflows", str(folder))
    assert [(nested["workflow_id"], nested["outcome"]) for nested in answer["nested"]] == [("w", "completed")]
    assert answer["nested"][0]["started_by"] == answer["effects"][0]["key"]
    assert [effect["kind"] for effect in answer["nested"][0]["effects"]] == ["send_sms", "create_task"]
    shown = run(files, "--workflows", str(folder)).stdout
    assert "Welcome begins" in shown
    assert "Welcome › Say [hello] (hello)" in shown
    assert "would send SMS, create task" in shown
    alone = run(files).stdout
    assert "Planned, not entered: the workflow w was not given." in alone
    assert "nested" not in played(files)


def test_broken_folders_are_refused(files: Path) -> None:
    folder = files / "all"
    folder.mkdir()
    write(files / "w.json", caller("w"))
    assert "is no folder" in str(run(files, "--workflows", str(files / "w.json")).exception)
    write(folder / "a.json", {**WORKFLOW, "settings": {"timezone": "Mars/Base"}})
    assert "a.json is not a valid workflow (1 error)" in str(run(files, "--workflows", str(folder)).exception)
    write(folder / "b.json", WORKFLOW)
    assert "a.json and b.json" in str(run(files, "--workflows", str(folder)).exception)


def test_the_trace_says_what_the_input_left_open(files: Path) -> None:
    trigger = {
        "id": "t",
        "type": "lead_stage_changed",
        "parameters": {"to_stage": "won", "pipeline": "sales"},
    }
    write(files / "w.json", {**WORKFLOW, "triggers": [trigger]})
    write(files / "data.json", {"contact": DATA["contact"], "trigger": {"to_stage": "Won"}})
    shown = run(files).stdout
    assert "Trigger: Lead stage changed (t)\n" in shown
    assert "the input does not say: trigger.pipeline" in shown
    write(files / "data.json", {"contact": DATA["contact"], "trigger": {"to_stage": "lost"}})
    assert played(files)["reason"] == 'trigger.to_stage is "lost", asked: equals "won".'


def test_an_event_with_an_id_that_came_before_is_the_same_event(files: Path) -> None:
    twice = {
        "kind": "until_event",
        "mode": "any",
        "events": [{"type": "message_received"}],
        "timeout": {"amount": 1, "unit": "days"},
    }
    nodes = [{"id": name, "type": "wait", "parameters": {"wait": twice}} for name in ("one", "two")]
    edges = [{"id": "1", "source": "t", "target": "one"}, {"id": "2", "source": "one", "target": "two"}]
    write(files / "w.json", {**WORKFLOW, "nodes": nodes, "edges": edges})
    event = {"id": "m1", "time": "2026-03-28T10:00:00Z", "type": "message_received"}
    later = {**event, "time": "2026-03-28T11:00:00Z"}
    (files / "events.jsonl").write_text(f"{json.dumps(event)}\n{json.dumps(later)}\n")
    answer = played(files, "--events", str(files / "events.jsonl"))
    assert [step["port"] for step in answer["steps"]] == ["main", "timeout"]
    assert "given twice: 1" in run(files, "--events", str(files / "events.jsonl")).stdout
    (files / "events.jsonl").write_text(f"{json.dumps(event)}\n{json.dumps({**later, 'id': 'm2'})}\n")
    assert [step["port"] for step in played(files, "--events", str(files / "events.jsonl"))["steps"]] == [
        "main",
        "main",
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[1]", "is no JSON object"),
        ('{"type": "x"}', "time 'None' is not an ISO time"),
        ('{"time": "yesterday", "type": "x"}', "time 'yesterday'"),
        ('{"time": 12345, "type": "x"}', "time '12345'"),
        ('{"time": "2026-03-28T10:00:00Z", "type": {"a": 1}}', "type is not the name"),
        ('{"time": "2026-03-28T10:00:00Z", "type": ""}', "type is not the name"),
        ('{"time": "2026-03-28T10:00:00Z", "type": "x", "data": "y"}', "data is no object"),
    ],
)
def test_a_wrong_event_is_refused_with_its_line_and_field(files: Path, line: str, said: str) -> None:
    (files / "events.jsonl").write_text(f'{{"time": "2026-03-28T10:00:00Z", "type": "x"}}\n{line}\n')
    message = str(run(files, "--events", str(files / "events.jsonl")).exception)
    assert "event 2" in message
    assert said in message


def test_a_time_without_offset_is_meant_in_the_zone_of_the_workflow(files: Path) -> None:
    (files / "events.jsonl").write_text('{"time": "2026-03-29T09:00:00", "type": "message_received"}')
    answer = played(files, "--events", str(files / "events.jsonl"))
    assert (answer["finished_at"], answer["steps"][-1]["port"]) == ("2026-03-29T08:00:00Z", "main")


def test_what_names_hold_cannot_steer_the_terminal_or_end_the_command(files: Path) -> None:
    odd = {**WORKFLOW, "name": "W\x1b]0;pwned\x07\x1b[2J\r", "edges": WORKFLOW["edges"][:1]}
    odd["nodes"] = [{**WORKFLOW["nodes"][0], "name": "Two\nlines", "parameters": {"message": "\ud83d half"}}]
    write(files / "w.json", odd)
    result = run(files)
    assert result.exit_code == 0, result.exception
    assert "Two lines" in result.stdout
    assert "half" in result.stdout
    assert not {"\x1b", "\x07", "\r"} & set(result.stdout)
