"""`atlas workflow validate`: exit codes, JSON, and every kind of unusable file."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from atlas_workflows.cli.workflow import app
from atlas_workflows.cli.workflow_file import MAX_FILE_BYTES

WORKFLOW: dict[str, Any] = {
    "format": "atlas.workflow/1",
    "id": "w",
    "name": "Welcome [bold]",
    "triggers": [{"id": "t", "type": "lead_created"}],
    "nodes": [{"id": "a", "type": "send_sms", "parameters": {"message": "Hi {{ variables.who }}"}}],
    "edges": [{"id": "e", "source": "t", "target": "a"}],
}


def run(*arguments: str, input: bytes | None = None) -> Any:  # noqa: A002
    return CliRunner().invoke(app, ["validate", *arguments], input=input)


def test_a_valid_file(tmp_path: Path) -> None:
    file = tmp_path / "w.json"
    file.write_text(json.dumps(WORKFLOW))
    result = run(str(file), "--json")
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert answer["valid"] is True
    assert {p["code"] for p in answer["problems"]} == {
        "UNDEFINED_VARIABLE",
        "IMMEDIATE_COMMUNICATION",
        "NO_ERROR_HANDLING",
    }
    assert answer["problems"][0].keys() == {"code", "severity", "message", "remedy", "node", "field"}


def test_a_file_with_errors_is_shown_as_a_table(tmp_path: Path) -> None:
    file = tmp_path / "[red]w.json"
    file.write_text(json.dumps({**WORKFLOW, "edges": []}))
    result = run(str(file))
    assert result.exit_code == 2
    assert "DISCONNECTED_NODE" in result.stdout
    assert "not valid: 1 error" in " ".join(result.stdout.split())


def test_standard_input_and_a_byte_order_mark() -> None:
    result = run("-", "--json", input=b"\xef\xbb\xbf" + json.dumps(WORKFLOW).encode())
    assert result.exit_code == 0


@pytest.mark.parametrize("content", [b"", b"{", b"\x00\xff\xfe", b"[" * 100_000, b'{"a": NaN}', b"nothing"])
def test_files_that_are_no_json(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "w.json"
    file.write_bytes(content)
    result = run(str(file), "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["problems"][0]["code"] == "UNREADABLE_FILE"


def test_missing_folder_and_huge_files(tmp_path: Path) -> None:
    huge = tmp_path / "huge.json"
    with huge.open("wb") as stream:
        stream.truncate(MAX_FILE_BYTES + 1)
    for path in (tmp_path / "none.json", tmp_path, huge):
        result = run(str(path), "--json")
        assert result.exit_code == 2
        assert json.loads(result.stdout)["problems"][0]["code"] == "UNREADABLE_FILE"
