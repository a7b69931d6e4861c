"""What every file of routes begins with."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from atlas_workflows.api.doors.needs import Needs
from atlas_workflows.api.manners.exact import ExactRoute

MOST_OF_A_PAGE = 200
MOST_COUNTED = 10_000  # more than that is only said to be more
Limit = Annotated[int, Query(ge=1, le=MOST_OF_A_PAGE, description="At most so many.")]
Cursor = Annotated[str | None, Query(max_length=400, description="The next page: `next` of the page before.")]
Counted = Annotated[bool, Query(description="Count them too, up to 10,000.")]
Name = Annotated[str, Path(min_length=1, max_length=200)]

READS = Needs("workflow:analytics")
CREATES = Needs("workflow:create")
EDITS = Needs("workflow:edit")
ARCHIVES = Needs("workflow:delete")
EXECUTES = Needs("workflow:execute")
ADMINISTERS = Needs("system:admin")
OPERATES = Needs("workflow:analytics", everywhere=True)
DIRECTS = Needs("system:admin", everywhere=True)
KNOWN = Needs(None)


def api_router(tag: str) -> APIRouter:
    """A router whose routes read and refuse as all of the API does."""
    return APIRouter(route_class=ExactRoute, tags=[tag])
