"""An audience of 50 000: how long it takes to enrol and execute all of it, and that each is there once through many kills."""

import os
import sys
import time
from pathlib import Path

import pytest

from atlas_workflows.db.connect import connect
from atlas_workflows.settings import load_settings
from atlas_workflows.site import Site

sys.path += [str(Path(__file__).parents[1] / "worker"), str(Path(__file__).parents[1] / "engine")]

SOAK = pytest.mark.skipif(
    os.environ.get("ATLAS_SOAK") != "1",
    reason="./atlas soak runs it; tests/worker/test_audience_kills.py is its sample",
)
PEOPLE, MOST_SECONDS = 50_000, 60


@SOAK
def test_fifty_thousand_in_a_minute(atlas_dsn: str) -> None:
    from audience_trial import asking, assert_everybody_once, tasks_on

    from atlas_workflows.recurring.audience.check import check_run
    from atlas_workflows.validation.results import stopping

    with (
        tasks_on(atlas_dsn, PEOPLE) as tasks,
        connect(atlas_dsn, application_name="test", autocommit=True) as watch,
    ):
        begun, load = time.monotonic(), os.getloadavg()[0]
        tasks.start("enrol")
        (enrolled,) = tasks.finish()
        for _ in range(2):
            tasks.start("execute")
        executed = max(tasks.finish())
        whole = time.monotonic() - begun
        # Before anything is analysed: the suite comes right after the work, and the tables may have no statistics yet.
        looked = time.monotonic()
        results = check_run(Site(atlas_dsn, load_settings()), asking(tasks))
        checked = time.monotonic() - looked
        assert_everybody_once(watch, PEOPLE)
    print(
        f"{PEOPLE} enrolled in {enrolled:.1f} s, executed by 2 processes in {executed:.1f} s, with their start {whole:.1f} s; "
        f"checked in {checked:.1f} s; load {load:.1f} before, {os.getloadavg()[0]:.1f} after"
    )
    assert stopping(results) == []
    assert whole < MOST_SECONDS


@SOAK
def test_each_once_through_sixty_kills(atlas_dsn: str) -> None:
    from audience_trial import assert_everybody_once, enrol_and_execute, tasks_on

    with (
        tasks_on(atlas_dsn, 20_000, page=100) as tasks,
        connect(atlas_dsn, application_name="test", autocommit=True) as watch,
    ):
        enrol_and_execute(tasks, watch, 30, 20_000)
        assert_everybody_once(watch, 20_000)
        print(f"{tasks.kills} kills")
        assert tasks.kills > 20
