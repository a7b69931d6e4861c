"""`atlas audience …`, and what `atlas workflow publish` says of audiences, as people use them."""

import json
from pathlib import Path

import pytest
from test_audience_enrolment import VIPS, flow
from workflows import setting
from world import ONE, PostgresWorld

from crm_world import build_crm
from forked_atlas import run_atlas

pytestmark = pytest.mark.postgres
WHOSE = ("--organization", ONE)
WHO = ("--by", "ada", "--reason", "trial")


def test_save_count_preview_publish_and_remove(postgres: PostgresWorld, tmp_path: Path) -> None:
    with build_crm(postgres.dsn) as crm:
        crm.execute("INSERT INTO leads (org_id, first_name, tags) VALUES (%s, 'Bo', '{shop}')", [ONE])
    dsn = ("--dsn", postgres.dsn)
    file = tmp_path / "query.json"
    file.write_text(json.dumps(VIPS))
    saved = run_atlas("audience", "save", "vips", str(file), *WHOSE, *WHO, *dsn)
    assert saved.stdout == "Saved vips at revision 1. It finds 1 of 2.\n", saved.stderr
    assert "at revision 1" in run_atlas("audience", "save", "vips", str(file), *WHOSE, *WHO, *dsn).stderr
    assert "revision 1  leads  saved by ada" in run_atlas("audience", "list", *WHOSE, *dsn).stdout
    assert json.loads(run_atlas("audience", "show", "vips", *WHOSE, *dsn).stdout)["query"] == VIPS
    file.write_text(json.dumps({"of": "leads", "where": {"field": "nosuch", "operator": "is_empty"}}))
    wrong = run_atlas("audience", "count", "--file", str(file), *WHOSE, *dsn)
    assert wrong.returncode == 2
    assert "leads has no field 'nosuch'" in wrong.stderr
    assert run_atlas("audience", "preview", "vips", *WHOSE, *dsn).stdout.endswith("Ana Maria Silva\n")
    workflow = postgres.publish(flow("a", setting("s")))
    publish = ("workflow", "publish", workflow, "--revision", "1", *WHOSE, *WHO, *dsn)
    said = run_atlas(*publish)
    assert "Audience vips of trigger nine finds 1 of 2 leads now." in said.stdout, said.stderr
    kept = run_atlas("audience", "remove", "vips", *WHOSE, *WHO, *dsn)
    assert "is asked by a" in kept.stderr
    postgres.rows_changed("DELETE FROM atlas.audiences")
    missing = run_atlas(*publish)
    assert missing.returncode == 2
    assert "triggers.nine.parameters.audience: there is no saved audience 'vips'." in missing.stderr
