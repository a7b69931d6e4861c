"""Whose time zone counts: the schedule's own, the workflow's, the organization's; a column's default is no evidence."""

from typing import Any

import pytest
from legacy_rows import ORGANIZATION, edge, logic_node, record, trigger_node

from atlas_workflows.legacy.records import SourceRow, Tenancy, Translation
from atlas_workflows.legacy.translate import translate
from atlas_workflows.migration.ledger.inputs import inputs_payload

NEW_YORK = "America/New_York"  # what columns of shape B hold when nobody chose


def tenancy(zone: str | None) -> Tenancy:
    return Tenancy(frozenset({ORGANIZATION}), zones={} if zone is None else {ORGANIZATION: zone})


def translated(shape: str, settings: Any, zone: str | None, **schedule: Any) -> Translation:
    graph = {
        "nodes": [
            trigger_node("scheduled", scheduleType="cron", cronExpression="0 9 * * 1", **schedule),
            logic_node("wait", id_="w", duration=1, unit="hours"),
        ],
        "edges": [edge("t", "w")],
    }
    columns = {"workflow_data": graph} if shape == "B" else graph
    return translate(record(shape, settings=settings, **columns), tenancy(zone))


def reasons(translation: Translation) -> set[tuple[str, str | None]]:
    return {
        (str(reason.code), reason.field) for reason in translation.reasons if "TIMEZONE" in str(reason.code)
    }


@pytest.mark.parametrize(
    ("shape", "settings", "zone", "expected", "why"),
    [
        ("A", {"timezone": "Asia/Tokyo"}, "Europe/Paris", "Asia/Tokyo", None),
        ("A", {}, "Europe/Paris", "Europe/Paris", "TIMEZONE_ASSUMED"),
        ("A", None, "Europe/Paris", "Europe/Paris", "TIMEZONE_ASSUMED"),
        ("A", {}, "Europe/London", "Europe/London", None),  # what the old code of this shape used anyway
        ("A", {}, None, "Europe/London", None),
        ("A", {"timezone": NEW_YORK}, "Europe/Paris", NEW_YORK, None),  # only in shape B is it a default
        ("B", {"timezone": "Asia/Tokyo"}, "Europe/Paris", "Asia/Tokyo", None),
        ("B", {"timezone": NEW_YORK}, "Europe/Paris", "Europe/Paris", "TIMEZONE_DEFAULT_IGNORED"),
        ("B", {"timezone": NEW_YORK}, NEW_YORK, NEW_YORK, None),
        ("B", {"timezone": NEW_YORK}, None, NEW_YORK, None),
        ("B", {"timezone": NEW_YORK}, "Mars/Olympus", NEW_YORK, None),
    ],
)
def test_the_zone_of_a_workflow(
    shape: str, settings: Any, zone: str | None, expected: str, why: str | None
) -> None:
    found = translated(shape, settings, zone)
    assert found.workflow is not None
    assert found.workflow.settings.timezone == expected
    assert found.workflow.triggers[0].parameters["schedule"]["timezone"] == expected
    told = {code for code, field in reasons(found) if field == "settings.timezone"}
    assert told == ({why} if why else set())


def test_a_schedules_own_zone_comes_first() -> None:
    found = translated("B", {"timezone": NEW_YORK}, "Europe/Paris", timezone="Asia/Tokyo")
    assert found.workflow is not None
    assert found.workflow.triggers[0].parameters["schedule"]["timezone"] == "Asia/Tokyo"


def test_the_same_settings_under_two_organizations_are_kept_apart() -> None:
    zones = ("Europe/Paris", "Asia/Tokyo", "Europe/Paris", None)
    found = [translated("B", {"timezone": NEW_YORK, "errorHandling": "stop"}, zone) for zone in zones]
    assert [item.workflow.settings.timezone for item in found if item.workflow] == [
        "Europe/Paris", "Asia/Tokyo", "Europe/Paris", NEW_YORK,
    ]  # fmt: skip


def test_a_new_zone_of_the_organization_takes_its_rows_up_again() -> None:
    row = SourceRow("workflows", "1", {"id": "1", "organization_id": ORGANIZATION})
    payloads = {inputs_payload(row, tenancy(zone)) for zone in (None, "Europe/Paris", "Asia/Tokyo")}
    assert len(payloads) == 3
    elsewhere = SourceRow("workflows", "1", {"id": "1", "organization_id": ORGANIZATION[:-1] + "2"})
    assert inputs_payload(elsewhere, tenancy(None)) == inputs_payload(elsewhere, tenancy("Asia/Tokyo"))
