"""Effects of which nobody can tell: a person decides on the command line, and the execution goes on by that."""

import json
import subprocess
from typing import Any

import pytest
from workflows import line, node, setting
from world import ONE, PostgresWorld, perform, wish, work

from atlas_workflows.worker.model import Performed, Unclear
from forked_atlas import run_atlas


def atlas(world: PostgresWorld, *words: str) -> subprocess.CompletedProcess[str]:
    return run_atlas("effects", *words, "--dsn", world.dsn)


@pytest.fixture
def key(postgres: PostgresWorld) -> str:
    workflow = postgres.publish(line("w", node("n"), setting("a")))
    (begun,) = postgres.start(wish(workflow))
    work(postgres)
    perform(postgres, ["add_note"], lambda dispatch: Unclear("it fell silent"))
    work(postgres)
    return f"{begun.execution}/n"


@pytest.mark.parametrize(
    ("verdict", "status", "end"),
    [("done", "done", "completed"), ("failed", "failed", "failed"), ("again", "done", "completed")],
)
def test_a_person_s_word_lets_it_go_on(
    postgres: PostgresWorld, key: str, verdict: str, status: str, end: str
) -> None:
    (waiting,) = json.loads(atlas(postgres, "unknown", "--json").stdout)["unknown"]
    assert (waiting["key"], waiting["error"]) == (key, "it fell silent")
    words = (
        "resolve",
        key,
        "--organization",
        ONE,
        "--as",
        verdict,
        "--by",
        "ada",
        "--reason",
        "the provider shows it",
    )
    done = atlas(postgres, *words)
    assert done.returncode == 0, done.stderr
    work(postgres)
    perform(postgres, ["add_note"], lambda dispatch: Performed())
    work(postgres)
    assert postgres.effects() == {key: status}
    found: Any = postgres.end(key.partition("/")[0])
    assert found[0] == end
    audited = postgres.rows("SELECT actor, action, reason FROM atlas.audit_log WHERE subject_id = %s", key)
    assert audited == [("ada", f"resolve_effect_as_{verdict}", "the provider shows it")]
    assert atlas(postgres, *words).returncode != 0, "it is decided"


def test_a_decision_needs_a_name_and_a_reason(postgres: PostgresWorld, key: str) -> None:
    refused = atlas(
        postgres, "resolve", key, "--organization", ONE, "--as", "done", "--by", " ", "--reason", "x"
    )
    assert refused.returncode != 0
    assert "name and a reason" in refused.stderr
    assert postgres.effects() == {key: "unknown"}
