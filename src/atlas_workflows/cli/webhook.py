"""`atlas webhook …`: endpoints that other systems call: made, changed, paused, given new secrets, their deliveries handled again."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from atlas_workflows.cli.support import (
    Actor,
    AsJson,
    Dsn,
    Organization,
    Reason,
    an_id,
    an_instant,
    print_json,
)
from atlas_workflows.cli.terminal import without_controls
from atlas_workflows.cli.webhook_options import (
    Conditions,
    ContentTypes,
    DeliveryFrom,
    DeliverySeconds,
    EventFrom,
    Events,
    Expires,
    Headers,
    Map,
    MaxBytes,
    Methods,
    Networks,
    OrderFrom,
    Origins,
    PerAddress,
    PublicUrl,
    SubjectBy,
    SubjectFrom,
    Tolerance,
    manner_with,
    manner_without,
    read_object,
)
from atlas_workflows.cli.webhook_sample import send_sample
from atlas_workflows.cli.webhook_words import arrival_line, revealed_lines, webhook_line, webhook_lines
from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.schema_errors import explained
from atlas_workflows.errors import InputError
from atlas_workflows.integrations.webhooks.manner import Manner
from atlas_workflows.integrations.webhooks.sample_call import EVENT, Wish
from atlas_workflows.integrations.webhooks.schemes import all_schemes
from atlas_workflows.secrets.keys import own_sealer
from atlas_workflows.settings import load_settings
from atlas_workflows.site import crm_site, utc_now
from atlas_workflows.store.steering import By
from atlas_workflows.store.webhooks import endpoints
from atlas_workflows.store.webhooks.deliveries import OUTCOMES, Sought, list_arrivals
from atlas_workflows.store.webhooks.endpoints import MOST_OVERLAP, Change, Wanted
from atlas_workflows.store.webhooks.replay import preview_replay, replay

app = typer.Typer(no_args_is_help=True, help="Endpoints that other systems call.")

Endpoint = Annotated[str, typer.Argument(metavar="ENDPOINT", help="The id in its address.")]
SecretFile = Annotated[
    Path | None,
    typer.Option(
        "--secret-file", metavar="FILE", help="The provider's secret; - is standard input.", allow_dash=True
    ),
]


@app.command()
def schemes(as_json: AsJson = False) -> None:
    """List the ways in which calls can be signed."""
    found = all_schemes().values()
    if as_json:
        print_json(
            {"schemes": [{"name": s.name, "title": s.title, "documentation": s.documentation} for s in found]}
        )
        return
    for scheme in found:
        print(f"{scheme.name}: {scheme.title}. {scheme.documentation}")


@app.command("list")
def list_webhooks(organization: Organization, dsn: Dsn = None, as_json: AsJson = False) -> None:
    """List an organization's endpoints."""
    with _connection(dsn) as connection:
        found = endpoints.list_webhooks(connection, an_id(organization, "organization"))
    if as_json:
        print_json({"webhooks": [webhook.to_json() for webhook in found]})
        return
    for webhook in found:
        print(webhook_line(webhook))
    print(f"{len(found)} webhooks.")


@app.command()
def show(endpoint: Endpoint, organization: Organization, dsn: Dsn = None, as_json: AsJson = False) -> None:
    """Show one endpoint."""
    with _connection(dsn) as connection:
        found = endpoints.read_webhook(connection, an_id(organization, "organization"), endpoint)
    if as_json:
        print_json(found.to_json())
        return
    print("\n".join(webhook_lines(found)))


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="For people.")],
    organization: Organization,
    by: Actor,
    reason: Reason,
    scheme: Annotated[
        str, typer.Option(help="How its calls are signed; see `atlas webhook schemes`.")
    ] = "standard",
    endpoint_id: Annotated[
        str | None,
        typer.Option(metavar="ID", help="An id that callers know already; a random one if absent."),
    ] = None,
    workflow: Annotated[
        str | None, typer.Option(metavar="ID", help="Takes calls only while this workflow is active.")
    ] = None,
    secret_file: SecretFile = None,
    unsigned: Annotated[
        bool,
        typer.Option("--unsigned", help="Believe every call. Whoever knows the address can start workflows."),
    ] = False,
    per_minute: Annotated[int, typer.Option(help="More calls are turned away.")] = 100,
    method: Methods = None,
    network: Networks = None,
    tolerance: Tolerance = None,
    delivery_from: DeliveryFrom = None,
    delivery_seconds: DeliverySeconds = None,
    event_from: EventFrom = None,
    subject_from: SubjectFrom = None,
    order_from: OrderFrom = None,
    public_url: PublicUrl = None,
    subject_by: SubjectBy = None,
    content_type: ContentTypes = None,
    max_bytes: MaxBytes = None,
    per_address: PerAddress = None,
    origin: Origins = None,
    header: Headers = None,
    event: Events = None,
    conditions: Conditions = None,
    map_: Map = None,
    expires: Expires = None,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """Make an endpoint. A secret of ours is shown once, here."""
    given = _read(secret_file)
    given_settings = {
        "methods": method, "networks": network, "tolerance": tolerance, "delivery_from": delivery_from,
        "delivery_seconds": delivery_seconds, "event_from": event_from, "subject_from": subject_from, "subject_by": subject_by,
        "order_from": order_from, "public_url": public_url, "content_types": content_type, "max_bytes": max_bytes,
        "per_address": per_address, "origins": origin, "headers": header, "events": event, "conditions": conditions,
        "mapping": map_, "expires_at": expires,
    }  # fmt: skip
    manner = manner_with(Manner(), given_settings)
    wanted = Wanted(
        name, scheme, endpoint_id, None if workflow is None else an_id(workflow, "workflow"), given, not unsigned,
        per_minute, manner,
    )  # fmt: skip
    _require_url(scheme, manner)
    with _connection(dsn) as connection:
        made = endpoints.create_webhook(
            connection, own_sealer(), an_id(organization, "organization"), wanted, By(by, reason)
        )
    _reveal(made, given, as_json=as_json)


@app.command("set")
def change(
    endpoint: Endpoint,
    organization: Organization,
    by: Actor,
    reason: Reason,
    name: Annotated[str | None, typer.Option(help="For people.")] = None,
    scheme: Annotated[str | None, typer.Option(help="How its calls are signed.")] = None,
    signed: Annotated[
        bool | None, typer.Option("--signed/--unsigned", help="Whether calls have to be signed.")
    ] = None,
    per_minute: Annotated[int | None, typer.Option(help="More calls are turned away.")] = None,
    method: Methods = None,
    network: Networks = None,
    any_network: Annotated[
        bool, typer.Option("--any-network", help="Take calls from everywhere again.")
    ] = False,
    clear: Annotated[
        list[str] | None,
        typer.Option(
            "--clear", metavar="SETTING", help="What is set under this name counts no more, such as events."
        ),
    ] = None,
    tolerance: Tolerance = None,
    delivery_from: DeliveryFrom = None,
    delivery_seconds: DeliverySeconds = None,
    event_from: EventFrom = None,
    subject_from: SubjectFrom = None,
    order_from: OrderFrom = None,
    public_url: PublicUrl = None,
    subject_by: SubjectBy = None,
    content_type: ContentTypes = None,
    max_bytes: MaxBytes = None,
    per_address: PerAddress = None,
    origin: Origins = None,
    header: Headers = None,
    event: Events = None,
    conditions: Conditions = None,
    map_: Map = None,
    expires: Expires = None,
    dsn: Dsn = None,
) -> None:
    """Change how an endpoint takes calls; what is not given stays. It counts within a second."""
    whose = an_id(organization, "organization")
    cleared = [*(clear or ()), *(("networks",) if any_network else ())]
    given_settings = {
        "methods": method, "networks": network, "tolerance": tolerance, "delivery_from": delivery_from,
        "delivery_seconds": delivery_seconds, "event_from": event_from, "subject_from": subject_from, "subject_by": subject_by,
        "order_from": order_from, "public_url": public_url, "content_types": content_type, "max_bytes": max_bytes,
        "per_address": per_address, "origins": origin, "headers": header, "events": event, "conditions": conditions,
        "mapping": map_, "expires_at": expires,
    }  # fmt: skip
    with _connection(dsn) as connection:
        before = endpoints.lock_webhook(connection, whose, endpoint)
        manner = manner_with(manner_without(before.manner, cleared), given_settings)
        # What cannot be read is replaced by what somebody asks for, not by renaming an endpoint.
        is_kept = before.unreadable is not None and not cleared and _is_nothing(given_settings)
        wanted = Change(name, scheme, None if is_kept else manner, signed, per_minute)
        endpoints.change_webhook(connection, whose, endpoint, wanted, By(by, reason))
    print(
        "Changed."
        if before.unreadable is None or is_kept
        else "Changed; all settings are new, as the old could not be read."
    )


def _is_nothing(settings: Mapping[str, object]) -> bool:
    return all(value is None or value == [] for value in settings.values())


@app.command()
def pause(endpoint: Endpoint, organization: Organization, by: Actor, reason: Reason, dsn: Dsn = None) -> None:
    """Turn calls away with 503 until it is resumed; providers send them again later."""
    _switch(endpoint, organization, By(by, reason), dsn, on=False)


@app.command()
def resume(
    endpoint: Endpoint, organization: Organization, by: Actor, reason: Reason, dsn: Dsn = None
) -> None:
    """Take calls again."""
    _switch(endpoint, organization, By(by, reason), dsn, on=True)


@app.command()
def rotate(
    endpoint: Endpoint,
    organization: Organization,
    by: Actor,
    reason: Reason,
    overlap_hours: Annotated[
        float,
        typer.Option(min=0, max=MOST_OVERLAP.days * 24, help="For so long the secret before counts too."),
    ] = 24.0,
    end_overlap: Annotated[
        bool,
        typer.Option(
            "--end-overlap", help="A secret that counts still from a rotation before counts no more."
        ),
    ] = False,
    secret_file: SecretFile = None,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """Give an endpoint a new secret; with --overlap-hours 0 the one before ends at once. While two count there is no second rotation,
    unless --end-overlap ends the older one."""
    until, given = utc_now() + timedelta(hours=overlap_hours), _read(secret_file)
    with _connection(dsn) as connection:
        made = endpoints.rotate_secret(
            connection, own_sealer(), an_id(organization, "organization"), endpoint,
            until=until, secret=given, by=By(by, reason), end_overlap=end_overlap,
        )  # fmt: skip
    _reveal(made, given, as_json=as_json)


@app.command()
def delete(
    endpoint: Endpoint, organization: Organization, by: Actor, reason: Reason, dsn: Dsn = None
) -> None:
    """Remove an endpoint; its address is unknown from then on."""
    with _connection(dsn) as connection:
        endpoints.delete_webhook(connection, an_id(organization, "organization"), endpoint, By(by, reason))
    print("Removed.")


@app.command("replay")
def replay_deliveries(
    endpoint: Endpoint,
    organization: Organization,
    by: Actor,
    reason: Reason,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="From this time on, such as 2026-03-02T09:00:00Z.")
    ],
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Until this time; now if absent.")] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; without, only what would be done is shown.")
    ] = False,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """Let the deliveries of a span be handled again. What they started is not started again, and nothing is sent twice."""
    whose, begin, end = an_id(organization, "organization"), _instant(since), _instant(until)
    with _connection(dsn) as connection:
        found = preview_replay(connection, whose, endpoint, begin, end)
        done = replay(connection, whose, endpoint, begin, end, By(by, reason)) if yes else 0
    if as_json:
        print_json({**asdict(found), "replayed": done})
        return
    print(
        f"{found.deliveries} deliveries: {found.waiting} wait to be handled, {found.failed} failed, {found.without_execution} "
        f"started nothing. {found.executions} executions of theirs are there and stay as they are, with {found.effects_done} "
        "effects done."
    )
    print(f"{done} will be handled again." if yes else "Nothing was done; add --yes.")


@app.command()
def deliveries(
    endpoint: Endpoint,
    organization: Organization,
    outcome: Annotated[
        str | None, typer.Option(metavar="stored|refused|passed_over", help="Only these.")
    ] = None,
    code: Annotated[str | None, typer.Option(help="Only with this reason, such as wrong_signature.")] = None,
    event: Annotated[str | None, typer.Option(help="Only of this event.")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="Only from then on.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many.")] = 50,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """List what came to an endpoint in 30 days, the newest first: stored, refused and passed over, each with the reason."""
    if outcome not in (None, *OUTCOMES):
        raise InputError(
            f"There is no outcome {outcome!r}.",
            remedy=f"Choose among {', '.join(OUTCOMES)}.",
            field="outcome",
        )
    sought = Sought(outcome, code, event, an_instant(since))
    with _connection(dsn) as connection:
        found = list_arrivals(connection, an_id(organization, "organization"), endpoint, sought, limit)
    if as_json:
        print_json({"deliveries": [asdict(arrival) for arrival in found]})
        return
    for arrival in found:
        print(arrival_line(arrival))
    print(f"{len(found)} shown.")


@app.command("test")
def send_test(
    endpoint: Endpoint,
    organization: Organization,
    by: Actor,
    reason: Reason,
    url: Annotated[
        str | None,
        typer.Option(
            help="Where webhooks are served; ATLAS_PUBLIC_URL, else the address of `atlas serve` on this machine."
        ),
    ] = None,
    event: Annotated[str, typer.Option(help="The event that the sample tells.")] = EVENT,
    body: Annotated[
        Path | None,
        typer.Option(metavar="FILE", allow_dash=True, help="A body as JSON; one is made up if absent."),
    ] = None,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """Sign a sample and send it over HTTP, as a provider does. Where it is stored, workflows that listen start."""
    whose = an_id(organization, "organization")
    with _connection(dsn) as connection:
        endpoints.note_test(connection, whose, endpoint, By(by, reason))
    wish = Wish(event, None if body is None else read_object(body, "body"))
    tried = send_sample(crm_site(dsn).dsn, endpoint, wish, url)
    if as_json:
        print_json(asdict(tried))
    else:
        print(without_controls(f"{tried.status} {tried.said}"))
    if tried.status >= 300:
        raise typer.Exit(1)


@contextmanager
def _connection(dsn: str | None) -> Iterator[Connection]:
    """One transaction that sees every organization."""
    address = crm_site(dsn).dsn
    with (
        explained(address),
        connect(address, application_name="atlas-webhook", autocommit=True) as connection,
        acting_as_migration(connection),
    ):
        yield connection


def _switch(endpoint: str, organization: str, by: By, dsn: str | None, *, on: bool) -> None:
    with _connection(dsn) as connection:
        endpoints.change_webhook(
            connection, an_id(organization, "organization"), endpoint, Change(is_active=on), by
        )
    print("It takes calls again." if on else "Paused: calls get 503 until it is resumed.")


def _reveal(made: endpoints.Revealed, given: str | None, *, as_json: bool) -> None:
    if as_json:
        print_json({"webhook": made.webhook.to_json(), "secret": made.secret})
    else:
        print("\n".join(revealed_lines(made, given)))


def _instant(text: str | None) -> datetime:
    return an_instant(text) or utc_now()


def _read(path: Path | None) -> str | None:
    """A secret of the provider; never a word on the command line, which other users of the machine can read."""
    if path is None:
        return None
    try:
        return (sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")).strip()
    except (OSError, UnicodeDecodeError) as cause:
        raise InputError(
            f"The secret's file {path} cannot be read.", remedy="Give a text file, or -."
        ) from cause


def _require_url(scheme: str, manner: Manner) -> None:
    found = all_schemes().get(scheme)
    if (
        found is not None
        and found.signs_url
        and manner.public_url is None
        and load_settings().public_url is None
    ):
        raise InputError(
            f"{found.title} signs the address it calls, and ours is not known.",
            remedy="Set ATLAS_PUBLIC_URL for whatever serves webhooks, or give --public-url https://….",
        )
