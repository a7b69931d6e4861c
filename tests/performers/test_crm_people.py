"""Actions on people in real CRM tables of every variant: what is written, once, kept with what was before, and what is refused."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from gym import Gym
from psycopg_pool import PoolTimeout

from atlas_workflows.performers.crm_action import CrmAction
from atlas_workflows.worker.model import NotSent, Performed, Refused
from crm_world import ANA, ANA_CLIENT, ANA_CONTACT, COACH, EVE, ONE, OWNER, STRANGER, TWO, hang_tag

pytestmark = pytest.mark.postgres
every_variant = pytest.mark.parametrize("crm_template", ["l1", "l2", "l3"], indirect=True)


@every_variant
def test_a_tag_is_added_once_wherever_the_variant_keeps_tags(gym: Gym) -> None:
    for _ in range(2):
        answer = gym.done("add_tags", {"tags": ["shop", "brand new"]})
    assert {"shop", "brand new"} <= set(answer.contact["tags"]) == set(gym.contact()["tags"])
    gym.done("add_tags", {"tags": ["shop"]}, key="e/again")
    assert gym.contact()["tags"].count("shop") == 1
    assert gym.changes("e/again") == []
    left = gym.done("remove_tags", {"tags": ["SHOP"]}, key="e/gone").contact["tags"]
    assert "shop" not in left == gym.contact()["tags"]


@every_variant
def test_tags_given_by_id_are_the_organizations_own(gym: Gym) -> None:
    mine, theirs = (
        gym.one("SELECT id::text FROM tags WHERE organization_id = %s AND name = 'vip'", who)[0]
        for who in (ONE, TWO)
    )
    assert "vip" in gym.done("add_tags", {"tags": [mine]}).contact["tags"]
    assert gym.refused("add_tags", {"tags": [theirs]}, key="e/other").cause == "data"


def test_a_client_keeps_tags_as_json_and_what_is_no_text_there_stays(gym: Gym) -> None:
    gym.connection.execute("""UPDATE clients SET tags = '["member", 5, null]'""")
    gym.done("add_tags", {"tags": ["shop"], "replace_existing": True}, subject=ANA_CLIENT)
    assert gym.one("SELECT tags FROM clients") == ([5, None, "shop"],)


def test_tags_in_two_places_go_from_both(gym: Gym) -> None:
    hang_tag(gym.connection, "lead_tags", "lead_id", ANA, "vip")
    gym.done("remove_tags", {"tags": ["vip"]})
    assert gym.rows("SELECT 1 FROM lead_tags") == []
    assert gym.one("SELECT tags FROM leads WHERE id = %s", ANA) == ([],)
    assert {change["operation"] for change in gym.changes()} == {"update", "delete"}


@every_variant
@pytest.mark.parametrize("subject", [ANA, f"client:{ANA_CLIENT}", ANA_CONTACT])
def test_a_status_is_that_of_the_lead_record(gym: Gym, subject: str) -> None:
    assert gym.done("update_lead_status", {"status": "contacted"}, subject=subject).contact == {
        "status": "contacted"
    }
    assert gym.one("SELECT status::text FROM leads WHERE id = %s", ANA) == ("contacted",)
    ((change),) = gym.changes()
    assert (change["table"], change["key"], change["before"], change["after"]) == (
        "leads", {"id": ANA}, {"status": "new"}, {"status": "contacted"},
    )  # fmt: skip


def test_the_same_key_writes_once_even_when_the_row_has_moved_on(gym: Gym) -> None:
    first = gym.done("update_lead_score", {"operation": "add", "value": 15})
    assert first == Performed({"score": 55, "before": 40}, {"score": 55})
    assert gym.done("update_lead_score", {"operation": "add", "value": 15}) == first
    assert gym.one("SELECT score FROM leads WHERE id = %s", ANA) == (55,)
    gym.done("update_lead_score", {"operation": "subtract", "value": "90"}, key="e/2")
    gym.done("update_lead_score", {"operation": "set", "value": 200}, key="e/3")
    history = gym.rows(
        "SELECT previous_score, new_score, score_change FROM lead_score_history ORDER BY new_score"
    )
    assert history == [(55, 0, -55), (40, 55, 15), (0, 100, 100)]


def test_what_was_refused_is_free_to_be_tried_again_under_its_key(gym: Gym) -> None:
    assert gym.refused("update_lead_status", {"status": "thrilled"}).cause == "rejected"
    assert gym.rows("SELECT 1 FROM atlas.crm_writes") == []
    gym.done("update_lead_status", {"status": "lost"})


@pytest.mark.parametrize("crm_template", ["l3"], indirect=True)
def test_a_value_that_a_type_does_not_know_is_data(gym: Gym) -> None:
    answer = gym.refused("update_lead_status", {"status": "thrilled"})
    assert answer.cause == "data"
    assert "lead_status" in answer.message
    assert not answer.may_retry


@pytest.mark.parametrize("crm_template", ["l1"], indirect=True)
@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("update_lead_score", {"value": 5}, "column score or lead_score in table leads"),
        ("change_stage", {"stage": "trial"}, "column stage or pipeline_stage or stage_id in table leads"),
        (
            "assign_lead",
            {"user_id": COACH},
            "column assigned_to or owner_id or assigned_user_id in table leads",
        ),
        ("update_lead", {"fields": {"score": 5}}, "column score in table leads"),
    ],
)
def test_a_column_that_is_not_there_is_named(gym: Gym, kind: str, content: dict[str, Any], said: str) -> None:
    answer = gym.refused(kind, content)
    assert (answer.cause, answer.may_retry) == ("configuration", False)
    assert answer.message.startswith(f"The CRM has no {said}. ")


@every_variant
def test_fields_find_their_columns_and_others_go_among_the_custom_ones(gym: Gym, crm_template: str) -> None:
    fields = {"phoneNumber": "+447700900777", "name": "Ana Costa"}
    custom = {} if "_l3_" in crm_template else {"shoe size": 39, "goal": {"km": 10}}
    told = gym.done("update_lead", {"fields": fields | custom})
    found = gym.contact()
    assert (found["phone"], found["name"]) == ("+447700900777", "Ana Costa")
    assert all(found[name] == value for name, value in custom.items())
    assert told.contact["phone"] == "+447700900777"
    if "_l3_" in crm_template:
        assert gym.refused("update_lead", {"fields": {"shoe size": 39}}, key="e/2").cause == "configuration"


def test_strategies_work_on_what_the_row_says_now(gym: Gym) -> None:
    gym.connection.execute('UPDATE contacts SET last_name = NULL, metadata = \'{"seen": ["a"]}\'')
    content = {"fields": {"first_name": "Bea", "last_name": "Silva"}, "merge_strategy": "merge"}
    gym.done("update_contact", content, subject=ANA_CONTACT)
    assert gym.contact(ANA_CONTACT)["name"] == "Ana Silva"
    gym.done(
        "update_contact",
        {"fields": {"seen": ["a", "b"], "tags": "gold"}, "merge_strategy": "append"},
        subject=ANA_CONTACT,
        key="e/2",
    )
    found = gym.contact(ANA_CONTACT)
    assert (found["seen"], found["tags"]) == (["a", "b"], ["gold"])


@pytest.mark.parametrize("name", ["id", "org_id", "organizationId", "created_at", "lead_id", "clientId"])
def test_whose_a_row_is_no_workflow_may_change(gym: Gym, name: str) -> None:
    answer = gym.refused("update_lead", {"fields": {name: TWO}})
    assert answer.cause == "configuration"
    assert gym.rows("SELECT 1 FROM leads WHERE org_id = %s", TWO) == [(1,)], "Eve's own"


def test_a_row_of_another_organization_is_never_touched(gym: Gym) -> None:
    for kind, content in (
        ("add_tags", {"tags": ["x"]}), ("update_lead", {"fields": {"email": "x"}}), ("update_contact", {"fields": {"email": "x"}}),
        ("update_lead_score", {"value": 1}), ("create_task", {"title": "x"}), ("assign_lead", {"user_id": COACH}),
    ):  # fmt: skip
        assert gym.refused(kind, content, subject=EVE, key=kind).cause == "data"
        assert gym.refused(kind, content, subject=ANA, organization=TWO, key=kind).cause == "data"
    assert gym.rows("SELECT 1 FROM atlas.crm_writes") == []


def test_a_lead_is_given_to_somebody_of_the_team_only(gym: Gym) -> None:
    assert gym.done("assign_lead", {"user_id": "Coach@gym.example"}).contact == {"assigned_to": COACH}
    assert gym.one("SELECT assigned_to::text FROM leads WHERE id = %s", ANA) == (COACH,)
    gym.connection.execute("UPDATE users SET email = '' WHERE id = %s", [OWNER])
    for nobody in (STRANGER, "nobody", "stranger@gym.example", " "):
        assert gym.refused("assign_lead", {"user_id": nobody}, key="e/2").cause == "data"
    assert gym.refused("update_lead", {"fields": {"assignedTo": STRANGER}}, key="e/2").cause == "data"
    answer = gym.refused("assign_lead", {"user_id": COACH, "notify_assignee": True}, key="e/3")
    assert "table notifications or user_notifications" in answer.message
    gym.connection.execute(
        "CREATE TABLE notifications (id uuid PRIMARY KEY, organization_id uuid, user_id uuid, title text, message text, type text)"
    )
    gym.set_up()
    gym.done("assign_lead", {"user_id": COACH, "notify_assignee": True}, key="e/3")
    assert gym.rows("SELECT user_id::text, message FROM notifications") == [(COACH, "Ana Maria Silva")]


def test_a_stage_given_by_name_is_found_among_the_pipelines(gym: Gym) -> None:
    gym.connection.execute("ALTER TABLE leads ADD COLUMN stage_id uuid")
    gym.connection.execute(
        "CREATE TABLE pipeline_stages (id uuid DEFAULT gen_random_uuid(), organization_id uuid, name text)"
    )
    gym.connection.execute(
        "INSERT INTO pipeline_stages (organization_id, name) VALUES (%s, 'Trial'), (%s, 'Trial')", [ONE, TWO]
    )
    gym.set_up()
    gym.done("change_stage", {"stage": "trial"}, subject=ANA_CONTACT)
    found = gym.one(
        "SELECT s.organization_id::text FROM leads l JOIN pipeline_stages s ON s.id = l.stage_id WHERE l.id = %s",
        ANA,
    )
    assert found == (ONE,)
    assert gym.refused("change_stage", {"stage": "nowhere"}, key="e/2").cause == "data"
    ((ours,), (theirs,)) = gym.rows("SELECT id::text FROM pipeline_stages ORDER BY organization_id")
    gym.done("update_lead", {"fields": {"stage": ours.upper()}}, key="e/3")
    for kind, content in (
        ("change_stage", {"stage": theirs}),
        ("update_lead", {"fields": {"stage": theirs}}),
    ):
        answer = gym.refused(kind, content, key=f"e/{kind}")
        assert (answer.cause, answer.may_retry) == ("data", False)
        assert f"The organization has no stage {theirs}" in answer.message


def test_a_row_that_somebody_else_holds_is_tried_again_later(gym: Gym) -> None:
    action = gym.performers["update_lead_status"]
    assert isinstance(action, CrmAction)
    assert action.desk is not None
    hasty = replace(action.desk, patience=timedelta(milliseconds=20))
    gym.performers["update_lead_status"] = replace(action, desk=hasty)
    with gym.connection.transaction():
        gym.connection.execute("SELECT 1 FROM leads WHERE id = %s FOR UPDATE", [ANA])
        answer = gym.refused("update_lead_status", {"status": "lost"})
    assert (answer.cause, answer.may_retry) == ("provider", True)
    gym.done("update_lead_status", {"status": "lost"})


def test_of_two_workers_with_the_same_effect_one_writes(gym: Gym) -> None:
    with ThreadPoolExecutor(8) as threads:
        content = {"operation": "add", "value": 10}
        found = list(threads.map(lambda _: gym.done("update_lead_score", content), range(8)))
    assert found == [Performed({"score": 50, "before": 40}, {"score": 50})] * 8
    assert gym.one("SELECT score FROM leads WHERE id = %s", ANA) == (50,)


def test_a_rule_of_the_crm_that_refuses_leaves_nothing_behind(gym: Gym) -> None:
    gym.connection.execute("""
        CREATE FUNCTION public.no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not on Sundays'; END $$;
        CREATE TRIGGER no BEFORE INSERT ON lead_score_history FOR EACH ROW EXECUTE FUNCTION public.no()
    """)
    answer = gym.refused("update_lead_score", {"value": 10})
    assert "not on Sundays" in answer.message
    assert gym.one("SELECT score FROM leads WHERE id = %s", ANA) == (40,)
    assert gym.rows("SELECT 1 FROM atlas.crm_writes") == []


def test_an_error_says_whether_the_session_went_or_the_statement_was_refused(gym: Gym) -> None:
    action = gym.performers["add_note"]
    assert isinstance(action, CrmAction)
    assert action.desk is not None
    away = (psycopg.OperationalError("lost"), psycopg.errors.AdminShutdown(), PoolTimeout())
    maybe = NotSent(may_be_done=True)
    assert [action.desk.meaning(cause) for cause in away] == [maybe, maybe, NotSent()]
    refusals = {
        psycopg.ProgrammingError("odd"): ("provider", True),
        psycopg.errors.QueryCanceled(): ("provider", True),
        psycopg.errors.InsufficientPrivilege(): ("configuration", False),
        psycopg.errors.UndefinedColumn(): ("configuration", True),
        psycopg.errors.NotNullViolation(): ("rejected", False),
    }
    for cause, (name, may_retry) in refusals.items():
        answer = action.desk.meaning(cause)
        assert isinstance(answer, Refused)
        assert (answer.cause, answer.may_retry) == (name, may_retry)


def test_a_write_says_which_effect_it_is_of(gym: Gym) -> None:
    gym.connection.execute("""
        CREATE TABLE public.seen (key text);
        CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO public.seen VALUES (current_setting('atlas.effect_key', true)); RETURN NULL; END $$;
        CREATE TRIGGER see AFTER UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION public.see()
    """)
    gym.done("update_lead_status", {"status": "lost"})
    gym.done("update_lead_status", {"status": "lost"}, key="e/2")
    assert gym.rows("SELECT key FROM public.seen") == [("e/n",)], "a value that is there is not written again"
