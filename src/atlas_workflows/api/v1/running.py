"""What v1 needs while it runs: the old format, the count of its callers, what every answer announces, and how work is done."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.exact import json_response
from atlas_workflows.api.manners.repeats import Work, once
from atlas_workflows.api.v1.counting import Counter
from atlas_workflows.api.v1.format import OldFormat


@dataclass(frozen=True, slots=True)
class V1:
    """In the state of the application."""

    old: OldFormat
    counter: Counter
    headers: Mapping[str, str]


def v1_of(request: Request) -> V1:
    """What the application that a request is for holds of v1."""
    found: V1 = request.app.state.v1
    return found


def done(request: Request, tenant: Tenant, key: str | None, work: Work) -> Response:
    """Done once per key where one is sent, as v2 always has it; v1's clients know none."""
    if key is not None:
        return once(request, tenant, key, work)
    with tenant.deciding() as connection, connection.transaction():
        status, answer = work(connection)
    return json_response(answer, status)
