"""One recurring workflow as the snapshot holds it: what its DAG is made from, and nothing that changes by itself. Pure."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from atlas_workflows.errors import ScheduleRefused
from atlas_workflows.schedule.calendars import holidays_of
from atlas_workflows.schedule.spec import ScheduleSpec, parse_spec, spec_to_json
from atlas_workflows.schedule.zones import load_zone

YEARS_BACK, YEARS_AHEAD = 1, 2  # of public holidays, for an Airflow backfill and for what is due next
LONGEST_TRIGGER = 100
_FIT_FOR_A_DAG = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """A schedule trigger of a published workflow. `schedule` is the spec as JSON, holidays resolved to dates.

    `active_since`: nothing that was due before starts. `audience` names the saved query whom each occurrence is about.
    """

    organization: str
    organization_name: str
    workflow: str
    name: str
    version: int
    trigger: str
    active_since: str
    schedule: Mapping[str, Any]
    audience: str | None = None

    @property
    def dag_id(self) -> str:
        """Stays when workflow or organization get another name, so that the history stays with it."""
        return f"recurring.{self.workflow}.{_fit(self.trigger)}"

    @property
    def title(self) -> str:
        """How people find it: the organization, then the workflow."""
        return f"{self.organization_name} · {self.name}"

    @property
    def since(self) -> datetime:
        return datetime.fromisoformat(self.active_since)

    def to_json(self) -> dict[str, Any]:
        """Without an audience as it was before there were any, so that those DAGs stay the version they are."""
        document = asdict(self)
        if self.audience is None:
            del document["audience"]
        return document


def entry_of(
    *,
    organization: str,
    organization_name: str | None,
    workflow: str,
    name: str,
    version: int,
    trigger: str,
    published_at: datetime,
    active_since: datetime,
    schedule: Any,
    year: int,
    audience: str | None = None,
) -> Entry:
    """An entry out of a published version; a schedule that cannot be read stays as it is and costs its own DAG alone."""
    return Entry(
        organization=organization,
        organization_name=organization_name or organization[:8],
        workflow=workflow,
        name=name,
        version=version,
        trigger=trigger,
        active_since=active_since.astimezone(UTC).isoformat(),
        schedule=_settled(schedule, published_at, year),
        audience=audience,
    )


def settled(spec: ScheduleSpec, published_at: datetime, year: int) -> ScheduleSpec:
    """The spec with nothing left to look up: public holidays as closures, a bare recurrence rule with its start."""
    if spec.holidays is not None:
        years = range(year - YEARS_BACK, year + YEARS_AHEAD + 1)
        days = {day for one in years for day in holidays_of(spec.holidays, one)}
        spec = spec.model_copy(update={"holidays": None, "closures": sorted({*spec.closures, *days})})
    if spec.rrule is not None and spec.start is None:
        local = published_at.astimezone(load_zone(spec.timezone)).replace(
            second=0, microsecond=0, tzinfo=None
        )
        spec = spec.model_copy(update={"start": local.isoformat(timespec="minutes")})
    return spec


def _settled(schedule: Any, published_at: datetime, year: int) -> dict[str, Any]:
    try:
        return spec_to_json(settled(parse_spec(schedule), published_at, year))
    except ScheduleRefused:
        return dict(schedule) if isinstance(schedule, Mapping) else {}


def _fit(trigger: str) -> str:
    if _FIT_FOR_A_DAG.fullmatch(trigger) and len(trigger) <= LONGEST_TRIGGER:
        return trigger
    return hashlib.sha256(trigger.encode()).hexdigest()[:16]
