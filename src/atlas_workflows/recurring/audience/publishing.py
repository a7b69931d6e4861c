"""What publishing a workflow asks of the audiences its schedules name: that they are there, and how many each finds now."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.db.connect import Connection
from atlas_workflows.recurring.audience.refusal import AudienceRefused, refuse
from atlas_workflows.recurring.audience.saved import (
    NoSuchAudience,
    count_audience,
    read_audience,
    require_not_everybody,
)


@dataclass(frozen=True, slots=True)
class Asks:
    """An audience that a trigger asks, and how many it finds now, of how many. Nobody is a warning: a day may decide it."""

    trigger: str
    audience: str
    of: str
    found: int
    everybody: int

    @property
    def sentence(self) -> str:
        """For people."""
        said = f"Audience {self.audience} of trigger {self.trigger} finds {self.found} of {self.everybody} {self.of} now."
        return said if self.found else f"warning: {said}"


def audiences_asked(connection: Connection, organization: str, definition: str, now: datetime) -> list[Asks]:
    """What the schedules of a definition (JSON text) ask.

    Raises AudienceRefused, and NoSuchAudience, naming the trigger, where publishing it would start nobody or anybody.
    """
    return [
        _asked(connection, organization, trigger, name, now)
        for trigger, name in _named(exact_json.loads(definition))
    ]


def _asked(connection: Connection, organization: str, trigger: str, name: str, now: datetime) -> Asks:
    place = f"triggers.{trigger}.parameters.audience"
    try:
        query = read_audience(connection, organization, name).parsed
        counted = count_audience(connection, organization, query, now)
        require_not_everybody(query, counted)
    except NoSuchAudience as missing:
        raise NoSuchAudience(
            f"{place}: {missing.fact.partition(': ')[2]}", remedy=missing.remedy, field=place
        ) from missing
    except AudienceRefused as refusal:
        raise refuse(place, f"the saved audience {name!r}: {refusal.fact}", refusal.remedy) from refusal
    return Asks(trigger, name, query.of, counted.found, counted.everybody)


def _named(document: Any) -> Iterator[tuple[str, str]]:
    """Schedule triggers that are switched on, and the audience each names; whatever else is wrong is said elsewhere."""
    triggers = document.get("triggers") if isinstance(document, dict) else None
    for trigger in triggers if isinstance(triggers, list) else []:
        parameters = _parameters(trigger)
        if not isinstance(parameters.get("audience"), str):
            continue
        if parameters.get("filters") is not None:
            raise refuse(
                f"triggers.{trigger.get('id')}.parameters.filters",
                "a schedule that asks an audience has no filters.",
                "Say it in the audience's query.",
            )
        yield str(trigger.get("id")), parameters["audience"]


def _parameters(trigger: Any) -> dict[str, Any]:
    is_schedule = isinstance(trigger, dict) and trigger.get("type") == "schedule"
    if not is_schedule or trigger.get("enabled") is False:
        return {}
    found = trigger.get("parameters")
    return found if isinstance(found, dict) else {}
