"""The application factory. Whoever mounts it brings the guard that every request passes, so nothing is open by default."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse

from atlas_workflows.api.calendar import calendar_router
from atlas_workflows.api.files import files_router
from atlas_workflows.api.hooks.mount import WebhooksBeside, intake_of
from atlas_workflows.api.runs import runs_router
from atlas_workflows.errors import AtlasError
from atlas_workflows.site import utc_now

# Reports are made from customers' names and texts. Nothing on these pages may talk to Airflow's API with the reader's
# login, send a form anywhere, load from another host or be framed by another site. Reports carry their own script and style.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'none'; form-action 'none'; base-uri 'none'; object-src 'none'; frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def create_app(
    *,
    dsn: Callable[[], str],
    reports: Path,
    guard: Sequence[Callable[..., Any]],
    now: Callable[[], datetime] = utc_now,
) -> FastAPI:
    """The pages over the database at `dsn()` and the files under `reports`.

    `guard` are FastAPI dependencies that raise 401 or 403; an empty one is refused, so that pages cannot be served openly
    by mistake. There is no /docs and no /openapi.json, which FastAPI would serve without the guard.
    """
    if not guard:
        raise ValueError("the Atlas pages need a guard")
    app = FastAPI(
        title="Atlas Workflows",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(check) for check in guard],
    )
    app.include_router(runs_router(dsn, reports))
    app.include_router(calendar_router(dsn, now))
    app.include_router(files_router(reports))
    app.add_exception_handler(AtlasError, _problem)
    app.middleware("http")(_with_headers)
    app.add_middleware(WebhooksBeside, intake=intake_of(dsn))
    return app


async def _with_headers(request: Request, call_next: Callable[[Request], Any]) -> Response:
    response: Response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _problem(_request: Request, error: Exception) -> JSONResponse:
    """An AtlasError as RFC 9457 problem details."""
    fact, remedy = (error.fact, error.remedy) if isinstance(error, AtlasError) else (str(error), "")
    return JSONResponse(
        {
            "type": "about:blank",
            "title": type(error).__name__,
            "status": 503,
            "detail": fact,
            "remedy": remedy,
        },
        status_code=503,
        media_type="application/problem+json",
    )
