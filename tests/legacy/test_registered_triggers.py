"""Registered triggers, webhooks and schedules: carried by their workflow, and off."""

import pytest
from history_rows import PARENT, TENANCY, source
from legacy_rows import ORGANIZATION, ROW, WORKFLOW

from atlas_workflows.exact_json import loads
from atlas_workflows.legacy.history.registered_triggers import schedule_rows, trigger_rows, webhook_rows
from atlas_workflows.legacy.ids import derived_id
from atlas_workflows.legacy.records import Outcome


def test_registered_triggers_are_carried_by_their_workflow() -> None:
    verdict = trigger_rows(
        source("workflow_triggers", trigger_type="new_lead", trigger_config='{"secret": "hunter22"}'), TENANCY
    )
    assert (verdict.outcome, verdict.rows, verdict.parent, verdict.holds_secret) == (
        Outcome.MIGRATED,
        {},
        ("workflows", WORKFLOW),
        True,
    )


def test_a_webhook_keeps_its_endpoint_seals_its_secret_and_stays_off() -> None:
    columns = {
        "organization_id": ORGANIZATION,
        "name": "W",
        "endpoint_id": "ep",
        "secret": "hunter22",
        "is_active": "true",
        "request_count": "7",
    }
    verdict = webhook_rows(source("webhook_triggers", **columns), TENANCY)
    row = verdict.rows["workflow_webhooks"][0]
    assert (row["endpoint_id"], row["is_active"], row["total_requests"], row["secret_id"]) == (
        "ep",
        False,
        7,
        str(verdict.secrets[0].id),
    )
    assert (verdict.secrets[0].value, verdict.outcome, verdict.holds_secret) == (
        "hunter22",
        Outcome.MIGRATED,
        True,
    )
    assert verdict.secrets[0].id == derived_id("webhook_triggers", ROW, "secret:secret")
    assert "hunter22" not in repr(verdict)


def test_a_schedule_is_normalised_and_off() -> None:
    columns = {
        "schedule_type": "cron",
        "schedule_config": {"cronExpression": "0 9 * * 1"},
        "timezone": "Europe/Paris",
        "is_active": "true",
    }
    row = schedule_rows(source("schedule_triggers", **columns), TENANCY).rows["workflow_schedules"][0]
    assert (loads(row["schedule"])["cron"], row["timezone"], row["is_active"]) == (
        "0 9 * * 1",
        "Europe/Paris",
        False,
    )
    broken = schedule_rows(
        source("schedule_triggers", schedule_type="cron", schedule_config={"cronExpression": "never"}),
        TENANCY,
    )
    assert broken.outcome is Outcome.QUARANTINED


@pytest.mark.parametrize(
    ("settings", "column", "zone"),
    [
        ('{"timezone": "Europe&#x2F;London"}', None, "Europe/London"),
        (
            '{"timezone": "Asia/Tokyo"}',
            "America/New_York",
            "Asia/Tokyo",
        ),  # the column's own default says nothing
        ('{"timezone": "Asia/Tokyo"}', "Europe/Paris", "Europe/Paris"),
        (None, None, "America/New_York"),
        ("no JSON", None, "America/New_York"),
    ],
)
def test_a_schedule_without_a_zone_has_its_workflows(
    settings: str | None, column: str | None, zone: str
) -> None:
    columns = {
        "schedule_type": "cron",
        "schedule_config": {"cronExpression": "0 9 * * 1"},
        "timezone": column,
    }
    side = {"workflow": ({**PARENT, "settings": settings},)}
    verdict = schedule_rows(source("schedule_triggers", side, **columns), TENANCY)
    row = verdict.rows["workflow_schedules"][0]
    assert (row["timezone"], loads(row["schedule"])["timezone"]) == (zone, zone)
