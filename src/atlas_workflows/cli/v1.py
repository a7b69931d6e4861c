"""`atlas v1 …`: who still calls the old application's routes, and whom its fields let in without a key for a while."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import typer

from atlas_workflows.cli.execution_words import show
from atlas_workflows.cli.support import (
    Actor,
    AsJson,
    Dsn,
    Organization,
    Reason,
    an_id,
    an_instant,
    print_json,
    session,
)
from atlas_workflows.errors import InputError
from atlas_workflows.site import utc_now
from atlas_workflows.store import v1_let_ins
from atlas_workflows.store.steering import By
from atlas_workflows.store.v1_let_ins import LetIn
from atlas_workflows.store.v1_usage import Usage, Watch, read_usage, read_watch

app = typer.Typer(no_args_is_help=True, help="The old application's routes: who calls them, who is let in.")
BACK = timedelta(days=30)


@app.command()
def usage(
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="DAY", help="From this day on (UTC); 30 days back where left out."),
    ] = None,
    organization: Annotated[
        str | None, typer.Option("--organization", metavar="ID", help="Only of this one.")
    ] = None,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """List who called which route of v1 how often, the routes that nobody called, and since when calls are counted.

    Calls are written every few seconds. Nobody calls v1 any more where no caller is listed, calls were counted since before the
    day, and no day is missing. Of one organization alone that is never said: whoever is refused may be nobody's.
    """
    from atlas_workflows.api.v1.listing import route_names

    now = utc_now()
    day = _day(since, now)
    whose = None if organization is None else an_id(organization, "organization")
    with session(dsn) as connection:
        found, watch = read_usage(connection, day, whose), read_watch(connection, day, now.date())
    called = {each.route for each in found}
    idle = [name for name in route_names() if name not in called]
    if as_json:
        print_json(_document(day, found, idle, watch, silent=_is_silent(day, found, watch, whose)))
        return
    show(_lines(day, found, idle, watch, silent=_is_silent(day, found, watch, whose)))


@app.command("let-in")
def let_in(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who calls, such as landing-page.")],
    organization: Organization,
    network: Annotated[
        list[str],
        typer.Option("--network", metavar="NETWORK", help="From where; may be repeated: 203.0.113.0/24."),
    ],
    expires: Annotated[str, typer.Option("--expires", metavar="TIME", help="When it ends; within 180 days.")],
    by: Actor,
    reason: Reason,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """Let a caller use lead-created and form-submitted without a key, from its network and with a shared secret.

    It sends the secret as X-Webhook-Secret. It is shown this once; what is kept does not give it back.
    """
    owner, ends = an_id(organization, "organization"), an_instant(expires)
    assert ends is not None
    with session(dsn) as connection:
        kept, made = v1_let_ins.let_in(connection, owner, name, network, ends, By(by, reason), utc_now())
    if as_json:
        print_json({"secret": made.text, **asdict(kept)})
        return
    print(made.text)
    print(
        f"Let-in {kept.id} ({kept.name}) from {', '.join(kept.networks)} ends {kept.expires_at:%Y-%m-%d %H:%M}."
    )
    print("Its secret goes into the header X-Webhook-Secret. It is not shown again.")


@app.command("let-ins")
def let_ins(organization: Organization, dsn: Dsn = None, as_json: AsJson = False) -> None:
    """List whom an organization's old fields let in, the newest first, with how often they called."""
    with session(dsn) as connection:
        found = v1_let_ins.list_let_ins(connection, an_id(organization, "organization"))
    if as_json:
        print_json({"let_ins": [asdict(each) for each in found]})
        return
    now = utc_now()
    show(line for each in found for line in _of_let_in(each, now))
    print(f"{len(found)} let-ins, {sum(each.refusal(now) is None for each in found)} in force.")


@app.command()
def withdraw(
    let_in: Annotated[str, typer.Argument(metavar="LET-IN", help="Its id.")],
    organization: Organization,
    by: Actor,
    reason: Reason,
    dsn: Dsn = None,
) -> None:
    """Let a caller in no more; from the next request on it needs a key."""
    owner, named = an_id(organization, "organization"), an_id(let_in, "let-in")
    with session(dsn) as connection:
        ended = v1_let_ins.withdraw(connection, owner, named, By(by, reason), utc_now())
    print(f"{ended} is let in no more.")


def _day(text: str | None, now: datetime) -> date:
    if text is None:
        return (now - BACK).date()
    try:
        day = date.fromisoformat(text)
    except ValueError as cause:
        raise InputError(f"{text[:60]!r} is no day.", remedy="Write 2026-03-02.", field="since") from cause
    if day > now.date():
        raise InputError(f"{day} has not come yet.", remedy=f"Name a day until {now.date()}.", field="since")
    return day


def _document(
    day: date, found: Sequence[Usage], idle: Sequence[str], watch: Watch, *, silent: bool | None
) -> dict[str, Any]:
    return {
        "since": day.isoformat(), "calls": [{**asdict(each), "first_day": each.first_day.isoformat()} for each in found],
        "routes_without_calls": list(idle), "counted_since": watch.began_at, "counted_until": watch.seen_at,
        "days_not_counted": watch.days_without, "nobody_calls": silent,
    }  # fmt: skip


def _is_silent(day: date, found: Sequence[Usage], watch: Watch, whose: str | None) -> bool | None:
    """Whether it is known that nobody called: somebody counted all that time. None where only one organization was asked for."""
    if whose is not None:
        return None
    counted = watch.began_at is not None and watch.began_at.date() <= day and watch.days_without == 0
    return counted and not found


def _lines(
    day: date, found: Sequence[Usage], idle: Sequence[str], watch: Watch, *, silent: bool | None
) -> Iterator[str]:
    for each in found:
        who = f"{each.named} ({each.caller})" if each.named else each.caller
        refused = f", {each.refused} refused" if each.refused else ""
        yield f"{each.last_at:%Y-%m-%d %H:%M}  {each.route}  {who}: {each.calls} calls{refused}"
        yield f"  organization {each.organization or 'unknown'}, first on {each.first_day}"
    yield from (f"never since {day}  {name}" for name in idle)
    callers = len({(each.organization, each.caller) for each in found})
    yield f"{callers} callers, {sum(each.calls for each in found)} calls since {day}."
    yield _watched(day, watch, silent=silent)


def _watched(day: date, watch: Watch, *, silent: bool | None) -> str:
    if watch.began_at is None:
        return "Nobody has counted yet: start `atlas serve`."
    told = f"Counted since {watch.began_at:%Y-%m-%d %H:%M}, last at {watch.seen_at:%Y-%m-%d %H:%M}"
    told += f", on {watch.days_without} days since {day} not at all." if watch.days_without else "."
    return f"{told} Nobody calls v1 any more." if silent else told


def _of_let_in(each: LetIn, now: datetime) -> Iterator[str]:
    state = each.refusal(now) or f"In force until {each.expires_at:%Y-%m-%d %H:%M}."
    used = f"{each.calls} calls, last {each.last_at:%Y-%m-%d %H:%M}" if each.last_at else "no calls"
    yield f"{each.id}  {each.name}: from {', '.join(each.networks)}"
    yield f"  {state} Let in by {each.created_by}: {each.reason} ({used})"
