"""Phases 1 and 2 with every step they have: what p2 takes over, and that its rollback gives all of it back."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cut_over import NO_WATCH, sign_some
from legacy_samples import clone_sample
from moving_phase import OPTIONS, fetch
from plain_source import settings_at

from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.request import Scope
from atlas_workflows.migration.rollback import roll_back
from atlas_workflows.migration.runs.outcome import conclude
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.site import Site

LEGACY = "SELECT id::text, to_jsonb(w) - 'updated_at' FROM public.workflows AS w ORDER BY 1"
# As people ask for it: a rehearsal too, which this phase has none of.
BACKED_UP = replace(NO_WATCH, backup=True, rehearse=True)
OWNERS = "SELECT owner, count(*) FROM atlas.workflows GROUP BY 1 ORDER BY 1"


@pytest.fixture
def site(pg_server: EmbeddedServer, tmp_path: Path) -> Iterator[Site]:
    dsn = clone_sample(pg_server, "A", messy=False, workflows=60, executions=200)
    yield Site(dsn, settings_at(tmp_path))
    pg_server.drop_database(dsn.rpartition("/")[2])


def test_every_step_of_both_phases_passes_and_the_second_is_taken_back(site: Site) -> None:
    first = run_phase(phase_named("p1"), site, options=OPTIONS)
    assert first.status == "succeeded", first.problem
    sign_some(site.dsn)
    before = fetch(site.dsn, LEGACY)

    phase = phase_named("p2")
    ended = run_phase(phase, site, options=BACKED_UP)
    assert ended.status == "succeeded", (ended.problem, ended.steps)
    assert list(ended.steps) == list(phase.steps)
    backup = ended.steps["backup"]
    assert backup is not None
    assert backup.summary["proof"]["passed"], "no rehearsal restores it, so the step itself does"
    said = conclude(ended, phase, Scope(), BACKED_UP, site)
    taken = fetch(site.dsn, "SELECT count(*) FROM atlas.workflows WHERE owner = 'atlas_enhanced'")
    assert said.owners["atlas_enhanced"]["ready"] == taken[0][0] > 1
    assert said.owners.get("legacy_app", {}).keys() <= {"unsigned", "off_here", "unsupported"}, (
        "all were compared"
    )

    counted = roll_back(phase, Scope(), dsn=site.dsn)
    done = roll_back(phase, Scope(), dsn=site.dsn, execute=True, actor="ana", reason="trial")
    assert (counted.removed, counted.given_back) == (done.removed, done.given_back)
    assert done.given_back["workflows_given_back"] == taken[0][0]
    assert fetch(site.dsn, LEGACY) == before
    assert [owner for owner, _ in fetch(site.dsn, OWNERS)] == ["legacy_app"]
