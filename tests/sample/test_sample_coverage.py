"""The messy sample shows every class of dirt, alias, form and operator of the legacy contract, and proves it by row."""

import pytest
from sample_checks import make, unproven

from atlas_workflows.sample.coverage import classes_for, specimens_for
from atlas_workflows.sample.dirt.actions import ACTIONS
from atlas_workflows.sample.dirt.conditions import OPERATORS
from atlas_workflows.sample.dirt.triggers import TRIGGERS
from atlas_workflows.sample.spec import Shape, make_spec

# Written down from the contract (8.6 to 8.8) apart from the code, so that a lost alias is noticed.
TRIGGER_TYPES = """
lead_created new_lead lead_trigger lead.created manual_lead lead_updated lead.updated lead_stage_changed lead.converted
lead_scored lead_score_threshold lead_score_change lead_became_hot lead_became_cold new_client member.joined
membership_expiring membership_expires_soon email_opened email_event message_received message_sent customer_replied
whatsapp_message facebook_message instagram_message form_submitted website_form facebook_lead_form survey_submitted
appointment_booked appointment_status appointment_cancelled booking booking.created booking_confirmed
booking.cancelled booking_cancelled call_booking call_booking.created call_status_changed class_full class_reminder
first_session missed_session waitlist_joined birthday_trigger custom_date_trigger fixed_date contact_tagged
contact_changed note_added task_reminder opportunity_created opportunity_stage_changed payment_failed scheduled
schedule scheduled_time business_hours webhook webhook_received ai_churn_risk ai_trigger manual event custom
"""
ACTION_TYPES = """
send_email enhanced_email email send_sms enhanced_sms sms send_whatsapp enhanced_whatsapp send_slack make_call add_tag
remove_tag add_tags remove_tags update_lead update_lead_status update_status change_stage update_field update_contact
update_contact_data assign_lead assign_to_user create_task add_note log_activity create_opportunity update_opportunity
book_appointment create_booking cancel_booking cancel_appointment check-in add_to_campaign remove_from_campaign
add_to_sequence remove_from_sequence track_event ai_analyze ai_generate ai_generate_content ai_score_lead http_request
api_call webhook send_webhook webhook_call google_sheets database database_query transform_data validate_data
enrich_lead_data calculate_value format_text wait wait_delay delay schedule condition conditional conditional_branch
switch loop loop_control
"""
CONTRACT_OPERATORS = """
equals eq not_equals neq strict_equals strict_not_equals greater greater_than gt greater_than_or_equal gte less
less_than lt less_than_or_equal lte between contains not_contains starts_with ends_with in not_in exists not_exists
is_set is_not_set is_true is_false is_null is_not_null is_empty is_not_empty regex matches_regex before after
days_ago_less_than days_ago_greater_than has_tag not_has_tag has_any has_all within not_within exactly custom
"""


@pytest.mark.parametrize(
    ("contract", "ours"),
    [(TRIGGER_TYPES, TRIGGERS), (ACTION_TYPES, ACTIONS), (CONTRACT_OPERATORS, OPERATORS)],
    ids=["triggers", "actions", "operators"],
)
def test_every_word_of_the_contract_is_planted(contract: str, ours: dict[str, object]) -> None:
    assert set(contract.split()) <= set(ours)


@pytest.mark.parametrize("shape", list(Shape))
def test_all_specimens_fit_into_the_small_sample(shape: Shape) -> None:
    spec = make_spec(shape, "S", messy=True, seed=1)
    assert 50 < len(specimens_for(spec)) <= spec.size.workflows


@pytest.mark.parametrize("shape", ["A", "B"])
def test_every_section_9_class_is_registered(shape: str) -> None:
    codes = {entry.code for entry in classes_for(make_spec(shape, "S", messy=True, seed=1))}
    for number in range(1, 16):
        if (shape, number) != ("A", 13):  # tags and template ids live in shape B only
            assert any(code.startswith(f"9.{number}:") for code in codes), number


@pytest.mark.parametrize(
    "shape",
    [
        "A",
        "B",
        "C",
        "D",
        "E",
        "F",
        "A+no-organization",
        "A+workflow-system",
        "B+workflow-system",
        "A+scoring",
        "B+scoring",
    ],
)
def test_every_class_is_shown_by_a_row_that_proves_it(dsn: str, shape: str) -> None:
    letter, *variants = shape.split("+")
    report = make(dsn, letter, *variants, messy=True)
    assert unproven(dsn, report) == []
    assert len(classes_for(report.spec)) > 100


def test_the_registry_notices_a_row_that_was_cleaned(dsn: str) -> None:
    import psycopg

    report = make(dsn, "A", messy=True)
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE workflows SET nodes = '[]' WHERE nodes IS NULL")
    assert unproven(dsn, report) == ["9.1:nodes_sql_null"]
