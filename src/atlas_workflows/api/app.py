"""The application factory: the API behind its doors, alone or mounted beside the Atlas pages, which bring their own guard."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Depends, FastAPI

from atlas_workflows.api.database import Database
from atlas_workflows.api.doors.doors import Doors, ReadSession
from atlas_workflows.api.doors.provider import Provider
from atlas_workflows.api.doors.rates import Rate
from atlas_workflows.api.hooks.mount import WebhooksBeside, intake_of
from atlas_workflows.api.manners.envelope import Envelope
from atlas_workflows.api.manners.refusals import add_refusals
from atlas_workflows.api.manners.streams import Streams
from atlas_workflows.api.openapi import describe, operation_id
from atlas_workflows.api.phases import Phases
from atlas_workflows.api.routes import all_routers
from atlas_workflows.api.routes.health import health_router
from atlas_workflows.api.v1 import routes as v1_routes
from atlas_workflows.api.v1.counting import Counter
from atlas_workflows.api.v1.errors import add_old_refusals
from atlas_workflows.api.v1.format import OldFormat
from atlas_workflows.api.v1.routing import ending_headers
from atlas_workflows.api.v1.running import V1
from atlas_workflows.settings import V1_DEPRECATED, V1_SUNSET, Settings
from atlas_workflows.site import utc_now

if TYPE_CHECKING:
    from atlas_workflows.api.doors.tokens import Tokens

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
V2 = "/api/v2"
AT_ONCE_SHARE = 5  # so much of a minute's requests may come in one burst
RATE = Rate(1_000, 1_000 // AT_ONCE_SHARE)


def create_app(
    *,
    dsn: Callable[[], str],
    reports: Path | None = None,
    guard: Sequence[Callable[..., Any]] = (),
    now: Callable[[], datetime] = utc_now,
    read_session: ReadSession | None = None,
    provider: Provider | None = None,
    rate: Rate = RATE,
    phases: Phases | None = None,
    prefix: str = "",
    old: OldFormat | None = None,
    deprecated: date = V1_DEPRECATED,
    sunset: date = V1_SUNSET,
    proxies: int = 0,
) -> FastAPI:
    """The API over the database at `dsn()` below `prefix`/api/v2, and with `reports` the pages over the files there.

    `guard` are FastAPI dependencies that raise 401 or 403 for the pages; pages without one are refused, so that they cannot
    be served openly by mistake. With the `old` format the routes of v1 stand at their old addresses, where nothing but this
    application is served. `proxies` of ours stand in front. Routes of the API have doors of their own; open are the health and, without pages, /openapi.json.
    """
    if reports is not None and not guard:
        raise ValueError("the Atlas pages need a guard")
    # Beside the pages nothing is open but the health: neither the document nor addresses of webhooks.
    openapi_url = "/openapi.json" if reports is None else None
    app = FastAPI(
        title="Atlas Workflows", docs_url=None, redoc_url=None, openapi_url=openapi_url,
        generate_unique_id_function=operation_id,
    )  # fmt: skip
    app.state.doors = Doors(
        Database(dsn), now, rate, tokens=_tokens(provider), read_session=read_session, proxies=proxies
    )
    app.state.streams = Streams()
    app.state.phases = phases
    app.include_router(health_router(app.state.doors.database))
    for router in all_routers():
        app.include_router(router, prefix=prefix + V2)
    if reports is not None:
        app.include_router(_pages(dsn, reports, guard, now), prefix=prefix)
    if old is not None:
        counter = Counter(app.state.doors.database, now)
        headers = ending_headers(deprecated, sunset, f"{prefix}{V2}/workflows")
        app.state.v1 = V1(old, counter, headers)
        for router in all_routers(v1_routes):
            app.include_router(router)
    add_refusals(app)
    if old is not None:
        add_old_refusals(app)
    app.add_middleware(Envelope, headers=HEADERS)
    describe(app)
    if reports is None:
        app.add_middleware(WebhooksBeside, intake=intake_of(dsn))
    return app


def provider_of(settings: Settings) -> Provider | None:
    """The identity provider that the settings name. Raises ConfigurationError where they name half of one."""
    return Provider.of(
        settings.jwt_issuer, settings.jwt_audience, settings.jwt_keys_url, settings.jwt_algorithms
    )


def rate_of(settings: Settings) -> Rate:
    """How often a caller may call, as the settings say."""
    return Rate(settings.api_per_minute, max(1, settings.api_per_minute // AT_ONCE_SHARE))


def _tokens(provider: Provider | None) -> "Tokens | None":
    if provider is None:
        return None
    from atlas_workflows.api.doors.tokens import Tokens  # loads an HTTP client and cryptography

    return Tokens(provider)


def _pages(
    dsn: Callable[[], str],
    reports: Path,
    guard: Sequence[Callable[..., Any]],
    now: Callable[[], datetime],
) -> APIRouter:
    # Served alone the API has no pages, and needs no templates to start.
    from atlas_workflows.api.calendar import calendar_router
    from atlas_workflows.api.files import files_router
    from atlas_workflows.api.runs import runs_router

    router = APIRouter(dependencies=[Depends(check) for check in guard], include_in_schema=False)
    router.include_router(runs_router(dsn, reports))
    router.include_router(calendar_router(dsn, now))
    router.include_router(files_router(reports))
    return router
