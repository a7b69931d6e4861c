"""Changes of the CRM's tables become events of the catalogue's names, in every variant, and never cost the old write."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from crm_tables import change, insert, make_crm
from world import ONE, TWO

from atlas_workflows.db.connect import application_transaction, connect
from atlas_workflows.db.schema import downgrade
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.db.sql_files import sql_text
from atlas_workflows.store.events import captures, install_capture, remove_capture

pytestmark = pytest.mark.postgres
LATER = datetime(2026, 6, 1, 18, tzinfo=UTC)


@pytest.fixture(scope="module")
def crm_template(pg_server: EmbeddedServer, atlas_template: str) -> Iterator[str]:
    """A database with the CRM's tables and the triggers on them, made once."""
    name = "crm_with_capture"
    with connect(
        pg_server.create_database(name, template=atlas_template), application_name="t", autocommit=True
    ) as made:
        make_crm(made)
        install_capture(made)
    yield name
    pg_server.drop_database(name)


@pytest.fixture
def dsn(pg_server: EmbeddedServer, crm_template: str) -> Iterator[str]:
    name = f"t_{uuid4().hex[:12]}"
    yield pg_server.create_database(name, template=crm_template)
    pg_server.drop_database(name)


@pytest.fixture
def crm(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with connect(dsn, application_name="old application", autocommit=True) as connection:
        yield connection


def noted(connection: psycopg.Connection[Any]) -> list[tuple[str, str | None, dict[str, Any]]]:
    """Events in order: type, subject, what the trigger says."""
    found = connection.execute(
        "SELECT event_type, subject, data -> 'trigger' FROM atlas.event_outbox ORDER BY id"
    ).fetchall()
    return [(type_, subject, facts) for type_, subject, facts in found]


def types(connection: psycopg.Connection[Any]) -> list[str]:
    return [type_ for type_, _, _ in noted(connection)]


def lead(connection: psycopg.Connection[Any], **more: Any) -> str:
    values = {"organization_id": ONE, "first_name": "Ana", "email": "ana@example.com", "source": "website"}
    return insert(connection, "leads", **(values | more))


def test_a_new_lead(crm: psycopg.Connection[Any]) -> None:
    key = lead(crm, score=35)
    ((type_, subject, facts),) = noted(crm)
    assert (type_, subject) == ("lead_created", key)
    assert (facts["source"], facts["score"], facts["lead_id"], facts["first_name"]) == (
        "website",
        35,
        key,
        "Ana",
    )


def test_a_change_names_its_fields_and_one_without_any_is_none(crm: psycopg.Connection[Any]) -> None:
    key = lead(crm)
    change(crm, "leads", key, first_name="Ana", updated_at=LATER)
    assert types(crm) == ["lead_created"]
    change(crm, "leads", key, first_name="Anna")
    assert noted(crm)[1:] == [
        ("lead_updated", key, {
            "fields": ["first_name"], "before": {"first_name": "Ana"}, "after": {"first_name": "Anna"}, "lead_id": key,
        })
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ((79, 80), ["lead_score_changed", "lead_became_hot"]),
        ((80, 90), ["lead_score_changed"]),
        ((40, 39), ["lead_score_changed", "lead_became_cold"]),
        ((0, 5), ["lead_score_changed"]),
        ((5, 0), ["lead_score_changed"]),
        ((50, 50), []),
        ((None, 90), []),
        ((90, None), []),
    ],
)
def test_scores_have_edges(
    crm: psycopg.Connection[Any], scores: tuple[int | None, int | None], expected: list[str]
) -> None:
    key = lead(crm, score=scores[0])
    change(crm, "leads", key, score=scores[1])
    assert [type_ for type_ in types(crm)[1:] if type_ != "lead_updated"] == expected


def test_an_explicit_zero_is_a_score_like_any_other(crm: psycopg.Connection[Any]) -> None:
    key = lead(crm, score=0)
    change(crm, "leads", key, score=12)
    facts = next(facts for type_, _, facts in noted(crm) if type_ == "lead_score_changed")
    assert facts == {"previous_score": 0, "new_score": 12, "change": 12}


def test_stages_and_conversion(crm: psycopg.Connection[Any]) -> None:
    key = lead(crm, status="new")
    change(crm, "leads", key, status="converted")
    found = {type_: facts for type_, _, facts in noted(crm)}
    assert found["lead_stage_changed"] == {"from_stage": "new", "to_stage": "converted"}
    assert found["lead_converted"]["previous_status"] == "new"


def test_tags_in_a_column_and_in_a_table_between(crm: psycopg.Connection[Any]) -> None:
    client = insert(crm, "clients", organization_id=ONE, name="Ana", email="a@example.com", tags='["vip"]')
    change(crm, "clients", client, tags='["vip", "shop"]')
    person, tag = lead(crm), insert(crm, "tags", organization_id=ONE, name="at-risk")
    link = insert(crm, "lead_tags", organization_id=ONE, lead_id=person, tag_id=tag)
    crm.execute("DELETE FROM lead_tags WHERE id = %s", [link])
    found = [(subject, facts) for type_, subject, facts in noted(crm) if type_ == "contact_tagged"]
    assert found == [
        (client, {"tag": "shop", "tag_id": "shop", "action": "added"}),
        (person, {"tag": "at-risk", "tag_id": tag, "action": "added"}),
        (person, {"tag": "at-risk", "tag_id": tag, "action": "removed"}),
    ]


def test_a_booking_from_its_making_to_its_end(crm: psycopg.Connection[Any]) -> None:
    client = str(uuid4())
    key = insert(
        crm,
        "bookings",
        organization_id=ONE,
        client_id=client,
        class_id="yoga",
        status="confirmed",
        start_time=LATER,
    )
    change(crm, "bookings", key, start_time=LATER.replace(hour=19))
    change(crm, "bookings", key, status="cancelled")
    change(crm, "bookings", key, status="confirmed")
    change(crm, "bookings", key, status="attended")
    crm.execute("DELETE FROM bookings")
    assert types(crm) == [
        "booking_created", "booking_updated", "booking_cancelled", "booking_created", "session_attended",
    ]  # fmt: skip
    assert {subject for _, subject, _ in noted(crm)} == {client}
    _, _, facts = noted(crm)[1]
    assert (facts["booking_id"], facts["class_id"], facts["starts_at"][:16]) == (
        key,
        "yoga",
        "2026-06-01T19:00",
    )


def test_an_appointment_under_other_names(crm: psycopg.Connection[Any]) -> None:
    person = str(uuid4())
    key = insert(
        crm,
        "appointments",
        org_id=ONE,
        lead_id=person,
        appointment_type="intro",
        status="scheduled",
        scheduled_at=LATER,
    )
    change(crm, "appointments", key, status="no_show")
    assert types(crm) == ["appointment_booked", "missed_session", "appointment_status_changed"]
    assert noted(crm)[0][2]["appointment_type"] == "intro"


def test_forms_messages_payments_memberships_and_the_rest(crm: psycopg.Connection[Any]) -> None:
    who = {"organization_id": ONE, "lead_id": str(uuid4())}
    member = {"organization_id": ONE, "client_id": str(uuid4())}
    insert(crm, "form_submissions", **who, form_id="f1", data='{"goal": "strength"}')
    body = {"user_id": str(uuid4()), "type": "sms", "body": "STOP please"}
    insert(crm, "messages", **who, **body, direction="inbound")
    insert(crm, "messages", **who, **body, direction="outbound")
    payment = insert(crm, "payments", **member, amount=30, status="pending")
    change(crm, "payments", payment, status="failed")
    change(crm, "payments", payment, status="paid")
    membership = insert(crm, "memberships", **member, plan="gold", status="active")
    change(crm, "memberships", membership, status="cancelled")
    deal = insert(crm, "opportunities", **who, stage="open", value=900)
    change(crm, "opportunities", deal, stage="won")
    insert(crm, "notes", **who, content="Likes mornings")
    insert(crm, "email_events", **who, event_type="email.opened")
    found = {type_: facts for type_, _, facts in noted(crm)}
    assert types(crm) == [
        "form_submitted", "message_received", "message_sent", "payment_failed", "payment_received", "membership_started",
        "membership_cancelled", "opportunity_created", "opportunity_stage_changed", "note_added", "email_event",
    ]  # fmt: skip
    assert (found["form_submitted"]["form_id"], found["form_submitted"]["goal"]) == ("f1", "strength")
    assert (found["message_received"]["channel"], found["message_received"]["message"]) == (
        "sms",
        "STOP please",
    )
    assert found["payment_received"]["amount"] == 30
    assert found["membership_started"]["membership_type"] == "gold"
    assert (
        found["opportunity_stage_changed"]["from_stage"],
        found["opportunity_stage_changed"]["to_stage"],
    ) == ("open", "won")
    assert found["email_event"]["event"] == "opened"


def test_what_went_back_never_happened(crm: psycopg.Connection[Any]) -> None:
    with crm.transaction(force_rollback=True):
        lead(crm)
    assert noted(crm) == []


def test_the_old_write_goes_through_whatever_is_wrong_with_us(crm: psycopg.Connection[Any]) -> None:
    crm.execute("ALTER TABLE atlas.event_outbox RENAME TO gone")
    lead(crm)
    warnings = crm.execute(
        "SELECT source_table, operation, sqlstate FROM atlas.event_capture_warnings"
    ).fetchall()
    assert warnings == [("leads", "INSERT", "42P01")]
    crm.execute("ALTER TABLE atlas.event_capture_warnings RENAME TO gone_too")
    lead(crm)
    assert crm.execute("SELECT count(*) FROM leads").fetchone() == (2,)


@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize("acting", ["", "migration", "someone"])
def test_the_session_of_the_old_write_acts_as_it_did(
    crm: psycopg.Connection[Any], acting: str, broken: bool
) -> None:
    if broken:
        crm.execute("ALTER TABLE atlas.event_outbox RENAME TO gone")
    if acting:
        crm.execute("SELECT set_config('atlas.acting', %s, false)", [acting])
    now = "SELECT coalesce(current_setting('atlas.acting', true), '')"
    with crm.transaction():
        lead(crm)
        assert crm.execute(now).fetchone() == (acting,)
    assert crm.execute(now).fetchone() == (acting,)


def test_an_event_with_too_much_to_say_is_noted_as_lost_and_the_others_are_kept(
    crm: psycopg.Connection[Any],
) -> None:
    key = lead(crm, status="new")
    change(crm, "leads", key, first_name="x" * 300_000, status="qualified")
    assert types(crm) == ["lead_created", "lead_stage_changed"]
    warnings = crm.execute(
        "SELECT source_table, operation, message FROM atlas.event_capture_warnings"
    ).fetchall()
    assert warnings == [("leads", "UPDATE", "The facts of lead_updated have more than 256 kB.")]


def tagged(connection: psycopg.Connection[Any], tag: str) -> str:
    insert(connection, "lead_tags", organization_id=ONE, lead_id=lead(connection), tag_id=tag)
    return str(noted(connection)[-1][2]["tag"])


def test_a_tag_of_another_organization_goes_by_its_id(crm: psycopg.Connection[Any]) -> None:
    tag = insert(crm, "tags", organization_id=TWO, name="secret")
    assert tagged(crm, tag) == tag


def test_tags_that_somebody_else_owns_are_not_read_with_our_rights(crm: psycopg.Connection[Any]) -> None:
    tag = insert(crm, "tags", organization_id=ONE, name="vip")
    crm.execute("CREATE ROLE owner_of_tags")
    try:
        crm.execute("ALTER TABLE tags OWNER TO owner_of_tags")
        assert tagged(crm, tag) == tag
    finally:
        crm.execute("ALTER TABLE tags OWNER TO CURRENT_USER")
        crm.execute("DROP ROLE owner_of_tags")


def test_a_role_that_may_nothing_of_ours_writes_as_before(crm: psycopg.Connection[Any], dsn: str) -> None:
    crm.execute("CREATE ROLE old_app_writer LOGIN")
    try:
        crm.execute("GRANT INSERT, SELECT ON leads TO old_app_writer")
        with connect(dsn, application_name="old", autocommit=True) as old:
            old.execute("SET ROLE old_app_writer")
            lead(old)
        assert types(crm) == ["lead_created"]
    finally:
        crm.execute("DROP OWNED BY old_app_writer")
        crm.execute("DROP ROLE old_app_writer")


def test_a_row_of_nobody_is_no_event(dsn: str) -> None:
    with connect(dsn, application_name="old", autocommit=True) as crm:
        insert(crm, "bookings", organization_id=None, status="confirmed")
        assert noted(crm) == []


@pytest.mark.parametrize("variant", ["l1", "l2"])
def test_other_variants_of_leads(atlas_dsn: str, variant: str) -> None:
    with connect(atlas_dsn, application_name="old", autocommit=True) as crm:
        crm.execute(sql_text(f"sample/crm/leads_{variant}"))  # type: ignore[arg-type]
        assert [each.table for each in install_capture(crm) if each.is_captured] == ["leads"]
        if variant == "l1":
            given: dict[str, Any] = {
                "organization_id": ONE,
                "name": "Ana",
                "phone": "1",
                "form_id": "f7",
                "facebook_lead_id": "x",
            }
            expected = ["lead_created", "form_submitted"]
        else:
            given, expected = {"org_id": ONE, "tags": ["vip"], "score": 10}, ["lead_created"]
        key = insert(crm, "leads", email="ana@example.com", **given)
        assert types(crm) == expected
        assert noted(crm)[-1][2].get("form_type", "facebook") == "facebook"
        change(crm, "leads", key, status="qualified")
        assert "lead_stage_changed" in types(crm)


def test_capture_is_listed_put_on_twice_and_taken_off(dsn: str) -> None:
    with connect(dsn, application_name="t", autocommit=True) as connection:
        before = captures(connection)
        assert {each.table for each in before if each.is_captured} >= {
            "leads",
            "clients",
            "bookings",
            "messages",
        }
        assert [each.why for each in before if each.table == "contact_tags"] == ["It has no organization."]
        assert install_capture(connection) == before
        remove_capture(connection)
        assert not any(each.is_captured for each in captures(connection))
        lead(connection)
        assert noted(connection) == []


def test_the_way_down_takes_the_triggers_off(dsn: str) -> None:
    downgrade(dsn, "0012")
    with connect(dsn, application_name="old", autocommit=True) as crm:
        lead(crm)
        assert crm.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 'atlas_events'").fetchone() == (0,)


def test_the_same_key_from_two_sessions_is_one_event(dsn: str) -> None:
    answers: list[bool] = []

    def say() -> None:
        with connect(dsn, application_name="code", autocommit=True) as code:
            row = code.execute("SELECT atlas.emit_event(%s, 'visited', 'c1', '{}', 'k')", [ONE]).fetchone()
            assert row
            answers.append(row[0])

    threads = [threading.Thread(target=say) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] * 5 + [True]


def test_the_application_says_what_happened_in_its_own_organization_only(dsn: str) -> None:
    with connect(dsn, application_name="code", autocommit=True) as code:
        with application_transaction(code, ONE):
            code.execute("SELECT atlas.emit_event(%s, 'visited', 'c1')", [ONE])
        with pytest.raises(psycopg.errors.InsufficientPrivilege), application_transaction(code, ONE):
            code.execute("SELECT atlas.emit_event(%s, 'visited', 'c1')", [TWO])
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="JSON object"):
            code.execute("SELECT atlas.emit_event(%s, 'visited', 'c1', '[]')", [ONE])
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="not string"):
            code.execute("SELECT atlas.emit_event(%s, 'visited', 'c1', '{\"trigger\": \"door\"}')", [ONE])
        assert types(code) == ["visited"]
