"""The schedule calendar as a page: what recurring workflows fire in the coming days, drawn hour by hour."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from urllib.parse import quote, urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from atlas_workflows.api.heat_map import HeatMap, heat_map, hour_of
from atlas_workflows.api.pages import html_page
from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import connect
from atlas_workflows.errors import AtlasError, InputError
from atlas_workflows.recurring.calendar import PILE_UP, Calendar, Fire, calendar_of
from atlas_workflows.recurring.entry import Entry
from atlas_workflows.recurring.survey import find_entries, is_ready, swept_organizations
from atlas_workflows.schedule.zones import load_zone

DAYS, MOST_DAYS = 7, 31  # the command `atlas schedule calendar` shows up to a year
MOST_FIRES = 50_000  # a week of seven thousand workflows; about three seconds of computing
SHOWN, SHOWN_OF_HOUR = 50, 500
PILES_SHOWN, QUIET_SHOWN = 10, 5
SWEEP = "scheduled_sweep"  # the DAG that starts workflows without one of their own


@dataclass(frozen=True, slots=True)
class Question:
    """What the page is asked for. `hour`: the occurrences of that hour of the clock are listed, not the next ones."""

    days: int
    organization: str | None
    zone: ZoneInfo
    hour: datetime | None

    def address(self, **other: str) -> str:
        """The page's address for the same question with something added."""
        given = {"days": str(self.days), "timezone": self.zone.key}
        if self.organization is not None:
            given["organization"] = self.organization
        return f"calendar?{urlencode(given | other)}"


@dataclass(frozen=True, slots=True)
class Picture:
    """The calendar and all that the page shows of it."""

    asked: Question
    calendar: Calendar
    schedules: int
    map: HeatMap

    def listed(self) -> list[Fire]:
        """The occurrences of the hour asked for, or the next ones."""
        if self.asked.hour is None:
            return list(self.calendar.fires[:SHOWN])
        found = (fire for fire in self.calendar.fires if hour_of(fire.at, self.asked.zone) == self.asked.hour)
        return [fire for fire, _ in zip(found, range(SHOWN_OF_HOUR), strict=False)]

    def on_clock(self, instant: datetime) -> datetime:
        return instant.astimezone(self.asked.zone)


def calendar_router(dsn: Callable[[], str], now: Callable[[], datetime]) -> APIRouter:
    """Route /calendar."""
    router = APIRouter()

    @router.get("/calendar")
    def page(
        request: Request, days: str = "", organization: str = "", timezone: str = "", hour: str = ""
    ) -> HTMLResponse:
        given = {"days": days, "organization": organization, "timezone": timezone, "hour": hour}
        entries: list[Entry] = []
        swept: set[str] = set()
        picture, problem, status, at = None, None, 200, now()
        try:
            refuse_unknown(request.query_params, given)
            entries, swept = read_entries(dsn(), at)
            picture = _picture(entries, ask(**given), at)
        except AtlasError as error:
            problem, status = str(error), 400 if isinstance(error, InputError) else 503
        choices = _choices(entries, given, swept)
        return html_page("calendar.html", status=status, picture=picture, problem=problem, **choices)

    return router


def read_entries(dsn: str, now: datetime) -> tuple[list[Entry], set[str]]:
    """Every recurring workflow as it is published, and which DAGs there are none of, for the sweep starts those workflows.

    Nothing where nothing is migrated here yet.
    """
    with connect(dsn, application_name="atlas-pages", autocommit=True) as connection:
        if not is_ready(connection):
            return [], set()
        act_as_migration(connection)
        entries = find_entries(connection, now)
        organizations = swept_organizations(connection, entries, now)
    return entries, {entry.dag_id for entry in entries if entry.organization in organizations}


def refuse_unknown(asked: Iterable[str], known: Collection[str]) -> None:
    """Raise InputError for a name that the page does not have: a misspelt one would show something else."""
    unknown = sorted(set(asked) - set(known))
    if unknown:
        raise InputError(
            f"{unknown[0][:60]!r} is nothing that the calendar is asked for.",
            remedy=f"There is {', '.join(known)}.",
        )


def ask(*, days: str = "", organization: str = "", timezone: str = "", hour: str = "") -> Question:
    """The question as given in the page's address. Raises InputError naming the part that cannot be."""
    return Question(_days(days), _organization(organization), load_zone(timezone or "UTC"), _hour(hour))


def dag_address(dag_id: str, swept: Collection[str]) -> str:
    """Where Airflow shows what starts a workflow, seen from this page: its own DAG, or the sweep."""
    return f"../dags/{quote(SWEEP if dag_id in swept else dag_id, safe='')}"


def _picture(entries: list[Entry], asked: Question, now: datetime) -> Picture:
    wanted = [entry for entry in entries if asked.organization in (None, entry.organization)]
    calendar = calendar_of(wanted, now.astimezone(UTC), asked.days, MOST_FIRES)
    return Picture(asked, calendar, len(wanted), heat_map(calendar, asked.zone))


def _choices(entries: list[Entry], given: dict[str, str], swept: Collection[str]) -> dict[str, object]:
    """What the form offers, the values given with it even where nobody has them."""
    zones = {str(entry.schedule.get("timezone", "UTC")) for entry in entries}
    gyms = {entry.organization: entry.organization_name for entry in entries}
    return {
        "given": given,
        "organizations": sorted(gyms.items(), key=lambda gym: (gym[1].casefold(), gym[0])),
        "zones": sorted(zones - {"UTC"}),
        "days": DAYS,
        "most_days": MOST_DAYS,
        "pile_up": PILE_UP,
        "piles_shown": PILES_SHOWN,
        "quiet_shown": QUIET_SHOWN,
        "dag_address": partial(dag_address, swept=swept),
    }


def _days(text: str) -> int:
    if not text:
        return DAYS
    if text.isascii() and text.isdecimal() and len(text) < 4 and 1 <= int(text) <= MOST_DAYS:
        return int(text)
    raise InputError(
        f"days: {text[:60]!r} is no whole number from 1 to {MOST_DAYS}.",
        remedy="`atlas schedule calendar` shows up to a year.",
    )


def _organization(text: str) -> str | None:
    try:
        return str(UUID(text)) if text else None
    except ValueError:
        raise InputError(
            f"organization: {text[:60]!r} is not the id of an organization.", remedy="Choose one of the list."
        ) from None


def _hour(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H") if text else None  # noqa: DTZ007 - an hour of the clock asked for
    except ValueError:
        raise InputError(
            f"hour: {text[:60]!r} is no hour such as 2026-03-29T09.", remedy="Choose one in the picture."
        ) from None
