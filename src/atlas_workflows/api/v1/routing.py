"""What every file of v1 routes begins with: their own errors, the headers that announce their end, and the count of who calls."""

from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from atlas_workflows.api.doors.caller import Caller
from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.exact import ExactRoute
from atlas_workflows.api.manners.problems import HttpProblem, not_found, shortened
from atlas_workflows.api.manners.refusals import problem_of
from atlas_workflows.api.v1.counting import NOBODY, Counter
from atlas_workflows.api.v1.errors import error_response

MOST_OF_A_PAGE, LAST_PAGE = 100, 100_000
PageNumber = Annotated[int, Query(ge=1, le=LAST_PAGE, description="From 1.")]
PageSize = Annotated[int, Query(ge=1, le=MOST_OF_A_PAGE, description="At most so many on a page.")]


class V1Route(ExactRoute):
    """A route that refuses as v1 does, says when it ends, and counts who called."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        thing = str((self.openapi_extra or {})["x-thing"])
        name = self.named

        async def old(request: Request) -> Response:
            counter: Counter = request.app.state.v1.counter
            answer = None
            try:
                answer = await handle(request)
            except ClientDisconnect:
                raise  # whoever asked hears nothing any more
            except Exception as error:
                answer = error_response(request, _problem(error, thing), thing)
            finally:
                organization, caller = _caller(request)
                counter.note(organization, name, caller, refused=answer is None or answer.status_code >= 400)
            for header, value in request.app.state.v1.headers.items():
                answer.headers.setdefault(header, value)
            return answer

        return old

    @property
    def named(self) -> str:
        """Method and address, by which calls are counted."""
        return f"{' '.join(sorted(self.methods))} {self.path_format}"

    async def has_body(self, request: Request) -> bool:
        """Where the route can do without one, a request without one is as good as one with nothing in it."""
        if self.body_field is None:
            return False
        return self.body_field.field_info.is_required() or bool(await request.body())


def v1_router(tag: str) -> APIRouter:
    """A router whose routes read and refuse as all of v1 does."""
    return APIRouter(route_class=V1Route, tags=[tag], deprecated=True)


def about(thing: str) -> dict[str, Any]:
    """For a route: what it is about, WORKFLOW or WEBHOOK; its refusals are named after it."""
    return {"x-thing": thing}


def ending_headers(deprecated: date, sunset: date, successor: str) -> dict[str, str]:
    """Deprecation (RFC 9745), Sunset (RFC 8594), and where to go instead."""
    since = int(datetime.combine(deprecated, time(), UTC).timestamp())
    ends = format_datetime(datetime.combine(sunset, time(), UTC), usegmt=True)
    return {
        "Deprecation": f"@{since}", "Sunset": ends, "Link": f'<{successor}>; rel="successor-version"',
    }  # fmt: skip


def _problem(error: Exception, thing: str) -> HttpProblem:
    if isinstance(error, RequestValidationError) and error.errors()[0]["loc"][0] == "path":
        return not_found(thing.lower(), shortened(str(error.errors()[0].get("input", ""))))
    return problem_of(error)


def _caller(request: Request) -> tuple[str | None, str]:
    """For whom and by whom the request was, as far as the doors came to know it."""
    admitted = getattr(request.state, "admitted", None)
    if isinstance(admitted, Tenant):
        return admitted.organization, admitted.caller.name
    known: Caller | None = getattr(request.state, "known_caller", None)
    if known is None:
        return None, NOBODY
    only = next(iter(known.permissions)) if len(known.permissions) == 1 else None
    return only, known.name
