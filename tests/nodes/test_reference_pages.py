"""The generated pages are in step with the code, and the published schema says what the code does."""

import json
from typing import Any

import jsonschema
import pytest

from atlas_workflows import exact_json
from atlas_workflows.cli.reference import PAGES, stale_pages, write_pages
from atlas_workflows.graph.codec import to_json
from atlas_workflows.graph.model import Edge, Node, RetryPolicy, Settings, Trigger, Variable, Workflow
from atlas_workflows.graph.parse import parse
from atlas_workflows.graph.validate import is_valid, validate
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.nodes.format_schema import format_schema
from atlas_workflows.settings import ROOT

VALIDATOR = jsonschema.Draft202012Validator(
    json.loads(json.dumps(format_schema(load_catalogue()), default=float))
)


def test_committed_pages_are_not_stale() -> None:
    assert stale_pages() == [], (
        "run: python -c 'from atlas_workflows.cli.reference import write_pages; write_pages()'"
    )


def test_missing_and_changed_pages_are_found_and_written(tmp_path: Any) -> None:
    assert len(stale_pages(tmp_path)) == len(PAGES)
    write_pages(tmp_path)
    page = tmp_path / "docs" / "reference" / "nodes.md"
    page.write_text(page.read_text() + "by hand")
    assert stale_pages(tmp_path) == [page]


def test_every_type_has_its_section() -> None:
    page = PAGES["nodes.md"]()
    for name, _ in load_catalogue().nodes:
        assert f"### {name}\n" in page
    for name, _ in load_catalogue().triggers:
        assert f"### {name} (trigger)\n" in page


def test_the_schema_is_a_schema_and_takes_what_the_codec_writes() -> None:
    jsonschema.Draft202012Validator.check_schema(VALIDATOR.schema)
    workflow = Workflow(
        "w",
        "W",
        nodes=(
            Node("a", "send_sms", {"message": "Hi"}, retry=RetryPolicy(attempts=2, retry_on=("timeout",))),
        ),
        edges=(Edge("e", "t", "a"),),
        triggers=(
            Trigger("t", "schedule", {"schedule": {"cron": "0 9 * * 1-5", "timezone": "Europe/London"}}),
        ),
        variables=(Variable("gym", default="Iron"),),
        settings=Settings(timezone="Europe/London", retry=RetryPolicy()),
    )
    assert list(VALIDATOR.iter_errors(to_json(workflow))) == []


@pytest.mark.parametrize(
    "node",
    [
        {"id": "a", "type": "teleport"},
        {"id": "a", "type": "send_sms", "parameters": {"mesage": "Hi"}},
        {"id": "a", "type": "condition", "parameters": {}},
        {"id": "a", "type": "split", "parameters": {"branches": [{"port": "x", "weight": -1}]}},
        {"type": "note"},
        {
            "id": "a",
            "type": "wait",
            "parameters": {"wait": {"kind": "duration", "amount": -1, "unit": "days"}},
        },
        {
            "id": "a",
            "type": "wait",
            "parameters": {"wait": {"kind": "duration", "amount": "{{ x }}", "unit": "days"}},
        },
    ],
)
def test_the_schema_refuses_what_validation_refuses(node: dict[str, Any]) -> None:
    assert list(VALIDATOR.iter_errors({"id": "w", "name": "w", "nodes": [node]}))


@pytest.mark.parametrize("page", ["reference/workflow-format.md", "how-to/try-a-workflow.md"])
def test_examples_in_the_pages_are_valid_workflows(page: str) -> None:
    text = (ROOT / "docs" / page).read_text()
    document = exact_json.loads(text.split("```json\n")[1].split("```")[0])
    workflow, problems = parse(document)
    assert problems == []
    assert workflow is not None
    assert is_valid(validate(workflow, load_catalogue()))
    assert list(VALIDATOR.iter_errors(document)) == []
