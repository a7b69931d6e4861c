"""What the sweep counts as a backlog: due work, and nothing that a paused workflow holds."""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from atlas_workflows.db.connect import connect
from atlas_workflows.orchestration.sweeping import reap_and_plan
from atlas_workflows.settings import load_settings
from atlas_workflows.site import Site

ADD = """INSERT INTO atlas.workflow_execution_queue (organization_id, execution_id, due_at, ready, waits_for)
VALUES (%s, %s, now() - interval '1 minute', false, %s)"""


def test_what_a_paused_workflow_holds_is_no_backlog(atlas_dsn: str, tmp_path: Path) -> None:
    site = Site(atlas_dsn, replace(load_settings(), home=tmp_path))
    with connect(atlas_dsn, application_name="test", autocommit=True) as connection:
        connection.execute(ADD, (uuid4(), uuid4(), "workflow_paused"))
        assert (reap_and_plan(site).promoted, reap_and_plan(site).backlog) == (0, 0)
        connection.execute(ADD, (uuid4(), uuid4(), None))
    found = reap_and_plan(site)
    assert (found.promoted, found.backlog, found.shares) == (1, 1, [])
