"""When a schedule fires next, by the code that fires it, and what it says in words; nothing is stored."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Operator
from atlas_workflows.api.manners.exact import reply
from atlas_workflows.api.manners.problems import invalid
from atlas_workflows.api.manners.routing import KNOWN, api_router
from atlas_workflows.api.schemas.schedules import Description, SchedulePreview, ScheduleQuestion
from atlas_workflows.schedule.describe import describe
from atlas_workflows.schedule.question import answer, spec_of
from atlas_workflows.schedule.spec import spec_to_json

ROUTER = api_router("schedules")
Known = Annotated[Operator, Depends(KNOWN)]
MOST_OCCURRENCES = 500


@ROUTER.post("/schedules/preview", response_model=SchedulePreview)
def preview_schedule(known: Known, body: ScheduleQuestion) -> Response:
    """The next occurrences: `count` of them (10), after `from` (now)."""
    question = _asked(body)
    if (count := question.get("count", 1)) and isinstance(count, int) and count > MOST_OCCURRENCES:
        raise invalid(
            "count", f"{str(count)[:20]} is more than {MOST_OCCURRENCES}.", "Go on from the last one."
        )
    return reply(SchedulePreview, answer(question, known.now))


@ROUTER.post("/schedules/describe", response_model=Description, dependencies=[Depends(KNOWN)])
def describe_schedule(body: ScheduleQuestion) -> Response:
    """The schedule in words."""
    spec = spec_of(_asked(body))
    return reply(Description, {"description": describe(spec), "schedule": spec_to_json(spec)})


def _asked(body: ScheduleQuestion) -> Mapping[str, object]:
    return body.model_extra or {}
