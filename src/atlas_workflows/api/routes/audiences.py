"""Saved queries of whom recurring workflows are about, and how many members of the CRM a query finds now."""

from typing import Annotated, Any

from fastapi import Depends
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.exact import reply
from atlas_workflows.api.manners.routing import READS, api_router
from atlas_workflows.api.schemas.audiences import AudienceQuestion, Audiences, Count
from atlas_workflows.exact_json import loads
from atlas_workflows.recurring.audience.query import parse_query
from atlas_workflows.recurring.audience.saved import Saved, count_audience, list_audiences

ROUTER = api_router("audiences")
Reader = Annotated[Tenant, Depends(READS)]


@ROUTER.get("/audiences", response_model=Audiences)
def list_saved_audiences(reader: Reader) -> Response:
    """The saved queries of the organization."""
    with reader.reading() as connection:
        found = list_audiences(connection, reader.organization)
    return reply(Audiences, {"items": [_document(each) for each in found]})


@ROUTER.post("/audiences/count", response_model=Count)
def count_audience_members(reader: Reader, body: AudienceQuestion) -> Response:
    """How many members of the organization a query finds now."""
    query = parse_query(body.query)
    with reader.deciding() as connection:
        return reply(Count, count_audience(connection, reader.organization, query, reader.now))


def _document(saved: Saved) -> dict[str, Any]:
    names = ("name", "revision", "saved_by", "saved_at")
    return {**{name: getattr(saved, name) for name in names}, "query": loads(saved.query)}
