"""An audience at an occurrence: everybody once, however often it is killed or repeated, and what stops it on the way."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from test_recurring_start import ADA, DAILY
from workflows import line, setting, wait
from world import ONE, PostgresWorld, everything_works, perform, work

from atlas_workflows import exact_json
from atlas_workflows.errors import InputError
from atlas_workflows.graph.codec import to_json
from atlas_workflows.graph.model import Edge, Node, Trigger, Workflow
from atlas_workflows.recurring.audience.check import is_left, summary_of
from atlas_workflows.recurring.audience.enrol import Enrolling, enrol_unfinished, unfinished
from atlas_workflows.recurring.audience.publishing import audiences_asked
from atlas_workflows.recurring.audience.refusal import AudienceRefused
from atlas_workflows.recurring.audience.run import AudienceRun, begin_run, find_run
from atlas_workflows.recurring.audience.saved import (
    NoSuchAudience,
    list_audiences,
    read_audience,
    remove_audience,
    save_audience,
)
from atlas_workflows.recurring.enrolling import Enrolment, asking_of, enrol_occasion
from atlas_workflows.recurring.occasion import Occasion, due_occasion, occasion_by_hand
from atlas_workflows.recurring.starting import Recurring, ask_gate, start_occasion
from atlas_workflows.recurring.survey import find_entries
from atlas_workflows.store.publication import AtArchive, archive, pause
from atlas_workflows.store.retention import Keep, sweep
from crm_world import build_crm

DUE = datetime(2026, 6, 10, 9, tzinfo=UTC)
PEOPLE = 25
VIPS = {"of": "leads", "where": {"tags": {"any": ["vip"]}}}


@pytest.fixture
def gym(postgres: PostgresWorld) -> PostgresWorld:
    """Fifty leads of which every second is a vip, Ana among them."""
    with build_crm(postgres.dsn) as crm:
        crm.execute(
            "INSERT INTO leads (org_id, first_name, email, tags) SELECT %s, 'P' || n, n || '@example.com', "
            "CASE WHEN n %% 2 = 0 THEN '{vip}'::text[] ELSE '{shop}' END FROM generate_series(1, %s) AS n",
            [ONE, 2 * PEOPLE - 2],
        )
        crm.execute("INSERT INTO organizations (id, name) VALUES (%s, 'Iron Gym')", [ONE])
    save_audience(postgres.connection, ONE, "vips", VIPS, ADA, DUE)
    return postgres


def flow(
    name: str, *nodes: Node, audience: str = "vips", settings: dict[str, Any] | None = None, **schedule: Any
) -> Workflow:
    made = line(name, *nodes, **(settings or {}))
    nine = Trigger(
        "nine", "schedule", {"schedule": {**DAILY, "overlap": "allow", **schedule}, "audience": audience}
    )
    return Workflow(name, name, made.nodes, (*made.edges, Edge("s", "nine", nodes[0].id)), (*made.triggers, nine), settings=made.settings)  # fmt: skip


def published(gym: PostgresWorld, *nodes: Node, name: str = "a", **more: Any) -> Recurring:
    return Recurring(ONE, gym.publish(flow(name, *(nodes or (setting("s"),)), **more)), "nine")


def enrol(gym: PostgresWorld, which: Recurring, occasion: Occasion | None = None, **more: Any) -> Enrolment:
    found = occasion or due_occasion(DUE)
    return enrol_occasion(gym.connection, which, found, found.due, **{"size": 4, **more})


def outcomes(gym: PostgresWorld, which: Recurring, occasion: Occasion | None = None) -> Any:
    return summary_of(gym.connection, asking_of(which, occasion or due_occasion(DUE)))["outcomes"]


def test_everybody_it_finds_enters_once_and_is_executed(gym: PostgresWorld) -> None:
    which = published(gym)
    (entry,) = find_entries(gym.connection, DUE)
    assert entry.audience == "vips"
    done = enrol(gym, which)
    assert (done.audience, done.matched, done.started, done.stopped) == ("vips", PEOPLE, PEOPLE, None)
    rows = gym.rows(
        "SELECT s.subject, s.document -> 'data' ->> 'contact', n.anchor FROM atlas.execution_states AS s "
        "JOIN atlas.enrolments AS n ON n.execution_id = s.execution_id"
    )
    assert len({subject for subject, *_ in rows}) == PEOPLE
    assert {anchor for *_, anchor in rows} == {"2026-06-10T09:00:00Z"}
    assert any('"tags":["vip"]' in contact and "ana@example.com" in contact for _, contact, _ in rows)
    asking = asking_of(which, due_occasion(DUE))
    assert is_left(gym.connection, asking)
    work(gym)
    assert not is_left(gym.connection, asking)
    assert outcomes(gym, which) == {"completed": PEOPLE}
    again = enrol(gym, which)
    assert (again.started, gym.rows("SELECT count(*) FROM atlas.workflow_executions")[0][0]) == (
        PEOPLE,
        PEOPLE,
    )


class Killed(Exception):
    """Stands for the end of the process."""


def _kill_after(pages: int) -> Callable[[AudienceRun], None]:
    left = [pages]

    def after_page(_: AudienceRun) -> None:
        left[0] -= 1
        if not left[0]:
            raise Killed

    return after_page


def test_a_killed_enrolment_goes_on_where_it_stood_with_the_query_as_it_was(gym: PostgresWorld) -> None:
    which = published(gym)
    for _ in range(3):
        with pytest.raises(Killed):
            enrol(gym, which, after_page=_kill_after(2))
    asking = asking_of(which, due_occasion(DUE))
    assert unfinished(gym.connection) == [asking]
    assert gym.rows(
        "SELECT matched, count(m.*) FROM atlas.audience_runs AS r JOIN atlas.audience_members AS m ON m.run_id = r.id GROUP BY 1"
    ) == [(24, 24)]
    save_audience(gym.connection, ONE, "vips", {"of": "clients", "everybody": True}, ADA, DUE, 1)
    late = enrol_occasion(gym.connection, which, due_occasion(DUE), DUE + timedelta(days=3), size=4)
    assert (late.matched, late.started) == (PEOPLE, PEOPLE)
    assert unfinished(gym.connection) == []
    assert Enrolling(gym.connection, asking, DUE).to_the_end().started == PEOPLE
    assert enrol(gym, which, due_occasion(DUE + timedelta(days=1))).matched == 1, (
        "the next asks the new query"
    )


def test_what_only_began_is_gone_on_with_and_a_broken_one_costs_itself_alone(gym: PostgresWorld) -> None:
    broken, which = published(gym, name="broken"), published(gym)
    with gym.connection.transaction():
        for each in (broken, which):
            begin_run(gym.connection, asking_of(each, due_occasion(DUE)), due_occasion(DUE), "vips")
    asked = {"of": "leads", "where": {"field": "gone", "operator": "is_true"}}
    gym.rows_changed(
        "UPDATE atlas.audience_runs SET query = %s WHERE workflow_id = %s",
        exact_json.dumps_text(asked),
        broken.workflow,
    )
    found = {asking.workflow: done for asking, done in enrol_unfinished(gym.connection, lambda: DUE)}
    assert "leads has no field 'gone'" in str(found[broken.workflow])
    assert enrol(gym, which).started == PEOPLE
    assert [asking.workflow for asking in unfinished(gym.connection)] == [broken.workflow]


def test_what_may_not_start_enrols_nobody(gym: PostgresWorld) -> None:
    which = published(gym)
    late = enrol_occasion(gym.connection, which, due_occasion(DUE), DUE + timedelta(hours=1))
    assert not late.has_begun
    assert "catch-up none" in (late.stopped or "")
    pause(gym.connection, ONE, which.workflow, ADA)
    assert not enrol(gym, which).has_begun
    assert gym.rows("SELECT 1 FROM atlas.audience_runs") == []
    gym.rows_changed("DELETE FROM atlas.listening_triggers")
    assert "not published" in (enrol(gym, which).stopped or "")


@pytest.mark.parametrize("stop", [pause, archive])
def test_a_workflow_stopped_while_it_is_enrolling_starts_nobody_further(
    gym: PostgresWorld, stop: Callable[..., Any]
) -> None:
    which = published(gym, wait("w", 2, "hours"))
    with pytest.raises(Killed):
        enrol(gym, which, after_page=_kill_after(2))
    more = {"running": AtArchive.CANCEL} if stop is archive else {}
    stop(gym.connection, ONE, which.workflow, ADA, **more)
    done = enrol(gym, which)
    assert (done.started, done.refused) == (8, 4)
    assert done.stopped == "The workflow was paused, archived or given back meanwhile."
    work(gym)
    assert not is_left(gym.connection, asking_of(which, due_occasion(DUE)))
    assert outcomes(gym, which) == {"under_way" if stop is pause else "cancelled": 8, "refused": 4}


def test_an_organization_suspended_on_the_way_enrols_nobody_further_and_what_is_under_way_is_cancelled(
    gym: PostgresWorld,
) -> None:
    which = published(gym, wait("w", 2, "hours"), setting("s"))
    with pytest.raises(Killed):
        enrol(gym, which, after_page=_kill_after(2))
    gym.rows_changed("UPDATE organizations SET status = 'suspended'")
    done = enrol(gym, which)
    assert (done.started, done.stopped) == (8, "The organization is suspended.")
    assert is_left(gym.connection, asking_of(which, due_occasion(DUE))), "to end them is due"
    work(gym)
    assert not is_left(gym.connection, asking_of(which, due_occasion(DUE)))
    assert outcomes(gym, which) == {"cancelled": 8}
    tomorrow = due_occasion(DUE + timedelta(days=1))
    assert ask_gate(gym.connection, which, tomorrow, tomorrow.due).why == "The organization is suspended."
    assert start_occasion(gym.connection, which, tomorrow, tomorrow.due).answer == "refused"


def test_the_overlap_of_an_audience_is_about_all_it_started(gym: PostgresWorld) -> None:
    which = published(gym, wait("w", 30, "hours"), overlap="cancel_other")
    enrol(gym, which)
    work(gym)
    tomorrow = due_occasion(DUE + timedelta(days=1))
    assert enrol(gym, which, tomorrow).started == PEOPLE
    work(gym)
    assert (outcomes(gym, which), outcomes(gym, which, tomorrow)) == (
        {"cancelled": PEOPLE},
        {"under_way": PEOPLE},
    )
    skipping = published(gym, wait("w", 30, "hours"), name="b", overlap="skip")
    enrol(gym, skipping)
    assert (
        enrol(gym, skipping, tomorrow).stopped == f"{PEOPLE} executions of earlier occurrences are under way."
    )


@pytest.mark.parametrize(
    ("settings", "again"),
    [({}, "started"), ({"re_entry": "once"}, "enrolled"), ({"re_entry": "after_exit"}, "not_again"),
     ({"re_entry_after_days": 30.0}, "not_again")],
)  # fmt: skip
def test_the_policy_for_coming_again_holds(gym: PostgresWorld, settings: dict[str, Any], again: str) -> None:
    which = published(gym, wait("w", 30, "hours"), settings=settings)
    assert enrol(gym, which).started == PEOPLE
    by_hand = occasion_by_hand("somebody's run", DUE)
    assert getattr(enrol(gym, which, by_hand), again) == PEOPLE
    if again == "not_again":
        assert outcomes(gym, which, by_hand) == {"not_again": PEOPLE}


def test_each_entrant_has_one_outcome(gym: PostgresWorld) -> None:
    mail = Node("mail", "send_email", {"subject": "Hi {{ contact.first_name }}", "body": "x", "html": False})
    which = published(gym, mail)
    enrol(gym, which)
    work(gym)
    assert outcomes(gym, which) == {"under_way": PEOPLE}
    kinds = ["held", "skipped", "unknown", "failed"]
    for place, kind in enumerate(kinds):
        gym.rows_changed(
            "UPDATE atlas.effects SET status = %s, held_until = now() WHERE effect_key = "
            "(SELECT effect_key FROM atlas.effects ORDER BY effect_key LIMIT 1 OFFSET %s)", kind, place,
        )  # fmt: skip
    assert perform(gym, ["send_email"], everything_works, PEOPLE) == PEOPLE - 4
    work(gym)
    gym.rows_changed(
        "UPDATE atlas.workflow_executions AS x SET status = CASE f.status WHEN 'failed' THEN 'failed' ELSE 'completed' END "
        "FROM atlas.effects AS f WHERE f.execution_id = x.id AND f.status IN ('skipped', 'failed')"
    )
    found = outcomes(gym, which)
    assert found == {"held": 1, "skipped": 1, "unknown": 1, "failed": 1, "sent": PEOPLE - 4}
    kept = find_run(gym.connection, asking_of(which, due_occasion(DUE)))
    assert kept is not None
    assert kept.outcomes is not None


def test_saving_changing_and_removing_is_audited_and_needs_the_revision(gym: PostgresWorld) -> None:
    connection = gym.connection
    with pytest.raises(InputError, match="at revision 1"):
        save_audience(connection, ONE, "vips", VIPS, ADA, DUE)
    with pytest.raises(InputError, match="at revision 1, not 7"):
        save_audience(connection, ONE, "vips", VIPS, ADA, DUE, 7)
    with pytest.raises(NoSuchAudience, match="There are vips"):
        save_audience(connection, ONE, "others", VIPS, ADA, DUE, 7)
    with pytest.raises(AudienceRefused, match="where: it finds all 49 leads there are"):
        save_audience(
            connection,
            ONE,
            "all",
            {"of": "leads", "where": {"field": "id", "operator": "is_not_empty"}},
            ADA,
            DUE,
        )
    assert save_audience(connection, ONE, "vips", VIPS, ADA, DUE, 1)[0] == 2
    which = published(gym)
    with pytest.raises(InputError, match=f"is asked by a \\({which.workflow}\\)"):
        remove_audience(connection, ONE, "vips", ADA)
    gym.rows_changed("UPDATE atlas.workflows SET status = 'archived'")
    remove_audience(connection, ONE, "vips", ADA)
    assert list_audiences(connection, ONE) == []
    found = gym.rows(
        "SELECT action, actor FROM atlas.audit_log WHERE subject_table = 'audiences' ORDER BY id"
    )
    assert found == [("save_audience", "ada"), ("save_audience", "ada"), ("remove_audience", "ada")]


def test_publishing_counts_and_refuses_by_name(gym: PostgresWorld) -> None:
    def asked(audience: str) -> Any:
        return audiences_asked(
            gym.connection,
            ONE,
            exact_json.dumps_text(to_json(flow("a", setting("s"), audience=audience))),
            DUE,
        )

    (vips,) = asked("vips")
    assert vips.sentence == f"Audience vips of trigger nine finds {PEOPLE} of {2 * PEOPLE - 1} leads now."
    with pytest.raises(
        NoSuchAudience, match=r"triggers\.nine\.parameters\.audience: there is no saved audience 'nosuch'"
    ):
        asked("nosuch")
    nobody = {"of": "leads", "where": {"tags": {"any": ["nobody has it"]}}}
    save_audience(gym.connection, ONE, "nobody", nobody, ADA, DUE)
    assert asked("nobody")[0].sentence.startswith("warning: Audience nobody of trigger nine finds 0 of")
    gym.rows_changed("UPDATE leads SET tags = '{vip}'")
    with pytest.raises(AudienceRefused, match=r"the saved audience 'vips': where: it finds all 49 leads"):
        asked("vips")
    assert read_audience(gym.connection, ONE, "vips").revision == 1


def test_whom_it_found_is_kept_as_long_as_executions_are(gym: PostgresWorld) -> None:
    which = published(gym)
    enrol(gym, which)
    work(gym)
    keep, now = Keep(timedelta(days=400), timedelta(days=30)), datetime.now(UTC)
    for days, left in ((399, PEOPLE), (402, 0)):
        list(sweep(gym.connection, keep, now + timedelta(days=days), ADA))
        assert gym.rows("SELECT count(*) FROM atlas.audience_members") == [(left,)]
    assert gym.rows("SELECT 1 FROM atlas.audience_runs") == []
