"""Tasks, notes, activities, opportunities, bookings and events about a person, in whichever tables the CRM has."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from gym import Gym

from crm_world import ANA, ANA_CLIENT, ANA_CONTACT, COACH, ONE, OWNER, STRANGER, TWO

pytestmark = pytest.mark.postgres

BOOKINGS = """
CREATE TABLE appointments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), org_id uuid NOT NULL, client_id uuid, lead_id uuid, appointment_type text,
    start_time timestamptz, end_time timestamptz, trainer_id uuid, status text DEFAULT 'booked', cancelled_at timestamptz,
    cancellation_reason text, checked_in boolean DEFAULT false
)
"""
OPPORTUNITIES = """
CREATE TABLE opportunities (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), organization_id uuid NOT NULL, contact_id uuid, name text, value numeric(12, 2),
    stage text, status text DEFAULT 'open', created_at timestamptz DEFAULT clock_timestamp()
)
"""


def test_a_task_is_about_the_lead_and_due_in_the_organizations_zone(gym: Gym) -> None:
    gym.connection.execute(
        "INSERT INTO organizations (id, name, timezone) VALUES (%s, 'Gym', 'America/New_York')", [ONE]
    )
    gym.connection.execute("UPDATE leads SET assigned_to = %s WHERE id = %s", [OWNER, ANA])
    content = {"title": "Call", "priority": "high", "due_at": "2026-03-02T09:00"}
    for _ in range(2):
        told = gym.done("create_task", content, subject=ANA_CONTACT).result
    found = gym.one(
        "SELECT id::text, organization_id::text, lead_id::text, assigned_to::text, title, priority, due_date, status FROM tasks"
    )
    due = datetime(2026, 3, 2, 14, tzinfo=UTC)
    assert found == (told["task_id"], ONE, ANA, None, "Call", "high", due, "pending"), (
        "a contact has no owner of its own"
    )
    gym.done("create_task", {"title": "Mail", "due_in": {"amount": "2", "unit": "days"}}, key="e/2")
    assignee, due = gym.one("SELECT assigned_to::text, due_date FROM tasks WHERE title = 'Mail'")
    assert assignee == OWNER
    assert abs(due - datetime.now(UTC) - timedelta(days=2)) < timedelta(minutes=1)
    ((change),) = gym.changes("e/2")
    assert (change["operation"], change["before"], change["after"]["title"]) == ("insert", None, "Mail")


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ({"title": "x", "due_at": "next week"}, "data"),
        ({"title": "x", "due_in": {"amount": "soon", "unit": "days"}}, "data"),
        ({"title": "x", "due_in": {"amount": 1, "unit": "fortnights"}}, "data"),
        ({"title": "x", "assigned_to": STRANGER}, "data"),
        ({"title": "x", "priority": "urgent"}, "rejected"),
        ({"title": "a\0b"}, "data"),
    ],
)
def test_a_task_that_cannot_be_is_refused(gym: Gym, content: dict[str, Any], cause: str) -> None:
    assert gym.refused("create_task", content).cause == cause
    assert gym.rows("SELECT 1 FROM tasks") == []


def test_a_note_goes_into_the_table_for_notes_or_behind_those_in_the_row(gym: Gym) -> None:
    answer = gym.refused("add_note", {"text": "Likes mornings"})
    assert answer.message.startswith(
        "The CRM has no table notes or lead_notes, nor a column notes in leads. "
    )
    gym.connection.execute("ALTER TABLE leads ADD COLUMN notes text; UPDATE leads SET notes = 'Old.'")
    gym.set_up()
    gym.done("add_note", {"text": "Likes mornings"})
    assert gym.one("SELECT notes FROM leads WHERE id = %s", ANA) == ("Old.\n\nLikes mornings",)
    gym.connection.execute(
        "CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY, organization_id uuid, lead_id uuid, content text)"
    )
    gym.set_up()
    gym.done("add_note", {"text": "Likes evenings"}, key="e/2")
    assert gym.rows("SELECT organization_id::text, lead_id::text, content FROM notes") == [
        (ONE, ANA, "Likes evenings")
    ]


def test_an_activity_is_of_its_kind_and_a_description_needs_a_place(gym: Gym) -> None:
    gym.done("log_activity", {"activity_type": "email_opened"}, subject=ANA_CLIENT)
    assert gym.one("SELECT lead_id::text, activity_type FROM lead_activities") == (ANA, "email_opened")
    answer = gym.refused(
        "log_activity", {"activity_type": "call", "description": "Left a message"}, key="e/2"
    )
    assert "column description" in answer.message
    gym.connection.execute("ALTER TABLE lead_activities ADD COLUMN metadata jsonb")
    gym.set_up()
    gym.done("log_activity", {"activity_type": "call", "description": "Left a message"}, key="e/2")
    assert gym.rows("SELECT metadata FROM lead_activities WHERE activity_type = 'call'") == [
        ({"description": "Left a message"},)
    ]


def test_an_opportunity_is_opened_and_the_latest_open_one_changed(gym: Gym) -> None:
    assert "table opportunities" in gym.refused("create_opportunity", {"name": "Trial"}).message
    gym.connection.execute(OPPORTUNITIES.encode())
    gym.set_up()
    gym.done("create_opportunity", {"name": "Trial", "value": 29.9, "stage": "new"})
    newest = gym.done("create_opportunity", {"name": "Year", "value": "480"}, key="e/2").result[
        "opportunity_id"
    ]
    content: dict[str, Any] = {"fields": {"stage": "won", "status": "won", "amount": 450}}
    assert gym.done("update_opportunity", content, key="e/3").result == {"opportunity_id": newest}
    gym.done("update_opportunity", content, key="e/4")
    rows = gym.rows(
        "SELECT name, contact_id::text, stage, status, value::text FROM opportunities ORDER BY name"
    )
    assert rows == [
        ("Trial", ANA_CONTACT, "won", "won", "450.00"),
        ("Year", ANA_CONTACT, "won", "won", "450.00"),
    ]
    assert gym.refused("update_opportunity", content, key="e/5").cause == "data"
    gym.connection.execute("UPDATE opportunities SET organization_id = %s", [TWO])
    assert gym.refused("update_opportunity", content | {"opportunity_id": newest}, key="e/6").cause == "data"
    gym.connection.execute("ALTER TABLE opportunities ADD COLUMN pipeline_id uuid, ADD COLUMN owner_id uuid")
    gym.connection.execute(
        "CREATE TABLE pipelines (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), organization_id uuid, name text)"
    )
    gym.connection.execute("INSERT INTO pipelines (organization_id, name) VALUES (%s, 'Theirs')", [TWO])
    (theirs,) = gym.one("SELECT id::text FROM pipelines")
    gym.set_up()
    assert gym.refused("create_opportunity", {"name": "x", "pipeline": theirs}, key="e/p").cause == "data"
    gym.connection.execute("UPDATE opportunities SET organization_id = %s, status = 'open'", [ONE])
    assert gym.refused("update_opportunity", {"fields": {"owner_id": STRANGER}}, key="e/o").cause == "data"
    assert gym.refused("update_opportunity", {"fields": {"organization_id": TWO}}, key="e/7").cause in (
        "data",
        "configuration",
    )


def test_an_appointment_is_booked_checked_in_and_cancelled_once(gym: Gym) -> None:
    assert "table appointments or bookings" in gym.refused("book_appointment", {}).message
    gym.connection.execute(BOOKINGS.encode())
    gym.set_up()
    content = {
        "appointment_type": "intro",
        "starts_at": "2026-03-02T09:00Z",
        "duration_minutes": 45,
        "staff_id": COACH,
    }
    key = gym.done("book_appointment", content).result["appointment_id"]
    booked = gym.one(
        "SELECT org_id::text, lead_id::text, start_time, end_time - start_time, trainer_id::text, status FROM appointments"
    )
    assert booked == (ONE, ANA, datetime(2026, 3, 2, 9, tzinfo=UTC), timedelta(minutes=45), COACH, "booked")
    assert gym.done("check_in", {"appointment_id": key}, key="e/2").result["was_checked_in"] is False
    assert gym.done("check_in", {"appointment_id": key}, key="e/3").result["was_checked_in"] is True
    reason = {"appointment_id": key, "reason": "ill"}
    assert gym.done("cancel_appointment", reason, key="e/4").result["was_cancelled"] is False
    assert gym.done("cancel_appointment", reason, key="e/5").result["was_cancelled"] is True
    status, at, why = gym.one("SELECT status, cancelled_at, cancellation_reason FROM appointments")
    assert (status, at is not None, why) == ("cancelled", True, "ill")
    assert gym.refused("check_in", {"appointment_id": key}, key="e/6").cause == "data"


def test_an_appointment_that_is_not_ours_or_not_named_is_left_alone(gym: Gym) -> None:
    gym.connection.execute(BOOKINGS.encode())
    gym.set_up()
    key = gym.done("book_appointment", {"appointment_type": "intro"}).result["appointment_id"]
    for given in ({}, {"appointment_id": key}, {"appointment_id": "5"}):
        assert gym.refused("cancel_appointment", given, organization=TWO, key="e/2").cause == "data"
    for options in ({"org_id": TWO}, {"clientId": ANA_CLIENT}):
        assert gym.refused("book_appointment", {"options": options}, key="e/3").cause == "configuration"
    assert (
        "refund_policy"
        in gym.refused(
            "cancel_appointment", {"appointment_id": key, "refund_policy": "full"}, key="e/4"
        ).message
    )
    assert gym.one("SELECT status FROM appointments") == ("booked",)


def test_an_event_is_published_once_under_its_key(gym: Gym) -> None:
    content = {"name": "visited", "properties": {"door": 2}}
    if gym.one("SELECT to_regprocedure('atlas.emit_event(uuid, text, text, jsonb, text, text)') IS NULL")[0]:
        assert "atlas schema upgrade" in gym.refused("track_event", content).message
        gym.connection.execute(
            "CREATE TABLE public.heard (organization uuid, type text, subject text, data jsonb, key text)"
        )
        gym.connection.execute(
            "CREATE FUNCTION atlas.emit_event(organization uuid, type text, subject text, data jsonb DEFAULT '{}',"
            " key text DEFAULT NULL, anchor text DEFAULT NULL) RETURNS boolean LANGUAGE sql"
            " AS 'INSERT INTO public.heard VALUES ($1, $2, $3, $4, $5) RETURNING true'"
        )
        for _ in range(2):
            gym.done("track_event", content)
        found = gym.rows("SELECT organization::text, type, subject, data, key FROM public.heard")
        assert found == [
            (ONE, "visited", ANA, {"trigger": {"door": 2, "name": "visited", "event": "visited"}}, "e/n")
        ]
    else:
        for _ in range(2):
            gym.done("track_event", content)
        assert gym.rows("SELECT event_type FROM atlas.event_outbox WHERE event_key = 'e/n'") == [("visited",)]
        gym.done("track_event", {"name": "lead_created"}, key="e/2")
        assert gym.one("SELECT event_type FROM atlas.event_outbox WHERE event_key = 'e/2'") == ("event",)
    assert gym.refused("track_event", {"name": ""}, key="e/3").cause == "data"
