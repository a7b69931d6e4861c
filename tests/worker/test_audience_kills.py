"""Whoever enrols and whoever executes an audience is killed on the way: everybody exactly once. `./atlas soak` does it at length."""

from audience_trial import assert_everybody_once, enrol_and_execute, tasks_on

from atlas_workflows.db.connect import connect

PEOPLE = 1_500


def test_everybody_once_through_kills(atlas_dsn: str) -> None:
    with (
        tasks_on(atlas_dsn, PEOPLE, page=100) as tasks,
        connect(atlas_dsn, application_name="test", autocommit=True) as watch,
    ):
        enrol_and_execute(tasks, watch, 1, PEOPLE)
        assert_everybody_once(watch, PEOPLE)
        assert tasks.kills == 2
