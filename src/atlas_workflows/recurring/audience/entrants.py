"""Rows that an audience found as wishes to start their executions. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.integrations.crm.contact import contact_with
from atlas_workflows.integrations.crm.people import Person
from atlas_workflows.integrations.crm.tables import Table
from atlas_workflows.integrations.crm.tags import tags_in_column
from atlas_workflows.recurring.audience.run import Asking, AudienceRun
from atlas_workflows.recurring.audience.saved import Row
from atlas_workflows.time_zones import TZDATA_VERSION
from atlas_workflows.worker.enrolment import ONCE
from atlas_workflows.worker.model import Start


@dataclass(frozen=True, slots=True)
class Policy:
    """What the workflow says: how often the same subject may enter, and how urgent its executions are."""

    re_entry: str = "every_event"
    after_days: float | None = None
    priority: int = 5


def wishes_of(
    found: Sequence[Row],
    table: Table,
    asking: Asking,
    run: AudienceRun,
    about: Mapping[str, Any],
    policy: Policy,
) -> list[Start]:
    """One for each row; a row that is there twice is one subject."""
    facts = {
        "event": "schedule",
        "occurred_at": run.asked_at.isoformat(),
        "occurrence": asking.occurrence,
        "cause": run.cause,
        "audience": run.audience,
        "tzdata": TZDATA_VERSION,
    }
    organization = {"id": asking.organization, **about}
    anchor = ONCE if policy.re_entry == "once" else asking.occurrence
    return [
        Start(
            asking.organization,
            asking.workflow,
            row.id,
            anchor,
            asking.trigger,
            {
                "trigger": facts,
                "organization": organization,
                "contact": _contact(row, table, asking.organization),
            },
            triggered_by="schedule",
            priority=policy.priority,
        )
        for row in {row.id: row for row in found}.values()
    ]


def _contact(row: Row, table: Table, organization: str) -> dict[str, Any]:
    person = Person(table, row.id, organization, exact_json.loads(row.content))
    return contact_with(person, list(dict.fromkeys([*tags_in_column(person), *row.tags])))
