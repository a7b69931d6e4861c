"""`atlas events …` as support uses it."""

import json
import subprocess

import pytest
from crm_tables import insert, make_crm
from world import ONE, PostgresWorld

from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.worker.arrivals import Handled
from atlas_workflows.worker.outbox_lane import OutboxLane
from forked_atlas import run_atlas

pytestmark = pytest.mark.postgres
WHO = ("--by", "ada", "--reason", "trial")


def atlas(world: PostgresWorld, *words: str) -> subprocess.CompletedProcess[str]:
    return run_atlas("events", *words, "--dsn", world.dsn)


def test_capture_emit_list_and_handle_again(postgres: PostgresWorld) -> None:
    make_crm(postgres.connection)
    captured = atlas(postgres, "capture", *WHO)
    assert captured.returncode == 0, captured.stderr
    assert "leads  captured" in captured.stdout
    assert "contact_tags  not captured: It has no organization." in captured.stdout
    lead = insert(postgres.connection, "leads", organization_id=ONE, first_name="Ana")
    said = atlas(postgres, "emit", "visited", "--organization", ONE, "--subject", lead, "--key", "k", *WHO)
    assert said.stdout == "Emitted.\n", said.stderr
    assert (
        "known already"
        in atlas(postgres, "emit", "visited", "--organization", ONE, "--key", "k", *WHO).stdout
    )
    postgres.connection.execute(
        "UPDATE atlas.event_outbox SET handled_at = now(), error = 'broken' WHERE event_key = 'k'"
    )
    (failed,) = json.loads(atlas(postgres, "list", "--failed", "--json").stdout)["events"]
    assert (failed["type"], failed["subject"], failed["source"], failed["error"]) == (
        "visited",
        lead,
        "code",
        "broken",
    )
    assert atlas(postgres, "again", "k", "--organization", ONE, *WHO).returncode == 0
    assert atlas(postgres, "again", "k", "--organization", ONE, *WHO).returncode != 0
    lane = OutboxLane(postgres.outbox, postgres.definitions, load_catalogue())
    assert lane.round() == Handled(taken=2)
    listed = atlas(postgres, "list", "--organization", ONE).stdout
    assert "lead_created" in listed
    assert "started 0, refused 0, told 0" in listed
    assert "2 events." in listed
    released = atlas(postgres, "release", *WHO)
    assert released.stdout.startswith("Released: ")
    assert "leads" in released.stdout
    actions = postgres.rows("SELECT action FROM atlas.audit_log ORDER BY id")
    assert actions == [("capture_events",), ("emit_event",), ("handle_event_again",), ("release_events",)]


def test_what_cannot_be_is_refused_by_name(postgres: PostgresWorld) -> None:
    for words, fact in (
        (("list", "--organization", "gym"), "The organization is no id."),
        (("emit", "x", "--organization", ONE, "--data", "[]", *WHO), "--data is no JSON object."),
        (("emit", "x", "--organization", ONE, "--by", " ", "--reason", "x"), "It needs a name and a reason."),
        (("again", "nothing", "--organization", ONE, *WHO), "No event of this key has failed."),
    ):
        answer = atlas(postgres, *words)
        assert answer.returncode != 0
        assert fact in answer.stderr
