"""`atlas schedule calendar`: what fires in the coming days, how much in each hour, and when it is quiet."""

from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from atlas_workflows.cli.airflow_follows import held_in_airflow
from atlas_workflows.cli.support import AsJson, Dsn, an_id, an_instant, print_json, session
from atlas_workflows.cli.terminal import without_controls
from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.recurring.calendar import PILE_UP, Calendar, calendar_of
from atlas_workflows.recurring.survey import find_entries, is_ready
from atlas_workflows.site import utc_now

SHOWN = 20  # of each list; --json has all
BAR = 40


def calendar(
    days: Annotated[int, typer.Option(help="How many days ahead.")] = 7,
    organization: Annotated[str | None, typer.Option(metavar="ID", help="Of one organization only.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="From this time on; now if absent.")] = None,
    pile: Annotated[int, typer.Option(min=2, help="From how many due together it is a pile-up.")] = PILE_UP,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """Show what recurring workflows fire in the coming days, the load of each hour, pile-ups and quiet hours."""
    whose = None if organization is None else an_id(organization, "organization")
    now = utc_now()
    with session(dsn) as connection:
        act_as_migration(connection)
        found = find_entries(connection, now)
        held = held_in_airflow(connection) if is_ready(connection) else set()
    wanted = [entry for entry in found if whose is None or entry.organization == whose]
    calendar = calendar_of(wanted, an_instant(since) or now, days)
    holds = sorted(entry.title for entry in wanted if entry.dag_id in held)
    if as_json:
        print_json(_as_json(calendar, pile) | {"held_in_airflow": holds})
        return
    _show(calendar, len(wanted), pile)
    for title in holds:
        print(without_controls(f"Held by an operator in Airflow, so nothing starts: {title}"))


def _as_json(calendar: Calendar, pile: int) -> dict[str, Any]:
    return {
        "since": calendar.since.isoformat(),
        "until": calendar.until.isoformat(),
        "occurrences": [
            {
                "at": fire.at.isoformat(),
                "local": fire.local.isoformat(),
                "organization": fire.organization,
                "workflow": fire.workflow,
                "name": fire.name,
            }
            for fire in calendar.fires
        ],
        "per_hour": {hour.isoformat(): count for hour, count in calendar.per_hour().items()},
        "pile_ups": [{"at": at.isoformat(), "count": count} for at, count in calendar.pile_ups(pile)],
        "quiet": [{"from": begin.isoformat(), "to": end.isoformat()} for begin, end in calendar.quiet()],
        "broken": [{"workflow": each.title, "why": each.why} for each in calendar.broken],
    }


def _show(calendar: Calendar, workflows: int, pile: int) -> None:
    console = Console()
    console.print(
        f"{len(calendar.fires)} occurrences of {workflows} recurring schedules from {calendar.since:%Y-%m-%d %H:%M} "
        f"to {calendar.until:%Y-%m-%d %H:%M} UTC.",
        highlight=False,
    )
    if calendar.fires:
        console.print(_table(calendar))
        console.print(_load(calendar.per_hour()))
    for at, count in calendar.pile_ups(pile)[:SHOWN]:
        console.print(f"Pile-up: {count} due together at {at:%a %Y-%m-%d %H:%M:%S} UTC", highlight=False)
    for begin, end in calendar.quiet()[:3]:
        console.print(f"Quiet: {begin:%a %Y-%m-%d %H:%M} to {end:%a %Y-%m-%d %H:%M} UTC", highlight=False)
    for each in calendar.broken:
        console.print(escape(without_controls(f"Does not fire: {each.title}: {each.why}")), highlight=False)


def _table(calendar: Calendar) -> Table:
    table = Table("UTC", "local", "organization", "workflow")
    for fire in calendar.fires[:SHOWN]:
        names = (escape(without_controls(name)) for name in (fire.organization_name, fire.name))
        table.add_row(f"{fire.at:%a %Y-%m-%d %H:%M:%S}", f"{fire.local:%H:%M %z}", *names)
    if len(calendar.fires) > SHOWN:
        table.caption = f"and {len(calendar.fires) - SHOWN} more"
    return table


def _load(hours: dict[datetime, int]) -> Table:
    """The busiest day's hours, so that a week does not fill the screen."""
    days: dict[Any, int] = {}
    for hour, count in hours.items():
        days[hour.date()] = days.get(hour.date(), 0) + count
    busiest = max(days, key=lambda day: (days[day], -day.toordinal()))
    shown = {hour: count for hour, count in hours.items() if hour.date() == busiest}
    most = max(shown.values())
    table = Table("hour (UTC)", "due", "", title=f"The busiest day, {busiest:%a %Y-%m-%d}")
    for hour, count in shown.items():
        ends = hour + timedelta(hours=1)
        table.add_row(f"{hour:%H:%M}-{ends:%H:%M}", str(count), "█" * max(1, round(BAR * count / most)))
    return table
