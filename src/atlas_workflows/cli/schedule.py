"""`atlas schedule …`: the next instants of a schedule, the schedule in words, and the calendar of all that recur."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from atlas_workflows import exact_json
from atlas_workflows.cli.schedule_calendar import calendar
from atlas_workflows.cli.workflow_file import decode, read_bytes, read_document
from atlas_workflows.errors import AtlasError
from atlas_workflows.schedule.describe import describe as describe_spec
from atlas_workflows.schedule.question import answer, spec_of
from atlas_workflows.schedule.refusal import refuse
from atlas_workflows.time_zones import TZDATA_VERSION

app = typer.Typer(
    no_args_is_help=True, help="Next instants of a schedule, its description, and what fires when."
)
app.command("calendar")(calendar)

Cron = Annotated[str | None, typer.Option(help='Five fields, e.g. "0 9 * * 1-5".')]
Rrule = Annotated[str | None, typer.Option(help='RFC 5545, e.g. "FREQ=MONTHLY;BYDAY=-1FR".')]
File = Annotated[Path | None, typer.Option(help="A schedule spec as JSON; - reads standard input.")]
Zone = Annotated[str | None, typer.Option(help="IANA time zone, e.g. Europe/London.")]
Start = Annotated[str | None, typer.Option(help="Not before; DTSTART of a recurrence rule.")]
End = Annotated[str | None, typer.Option(help="Not after.")]
Gap = Annotated[str | None, typer.Option(help="A local time that does not exist: next (default) or skip.")]
Fold = Annotated[
    str | None, typer.Option(help="A local time that occurs twice: first (default), second or both.")
]
Hours = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help='A file of business hours as JSON, e.g. {"mon": ["09:00-12:00", "13:00-17:00"], '
        '"outside": "next"}; - reads standard input. The other weekdays are closed.',
    ),
]
Holidays = Annotated[str | None, typer.Option(help="Country and subdivision, e.g. GB-ENG.")]
Closed = Annotated[
    str | None, typer.Option(help="Outside hours or on a holiday: skip, next (default) or previous.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
Jitter = Annotated[int | None, typer.Option(help="Spread by up to so many seconds, fixed per workflow.")]

_LONGEST_TABLE = (
    500  # rich measures every cell of a table before it prints one: a minute for a hundred thousand
)


@app.callback()
def schedule() -> None:
    """Next instants of a schedule, its description, and what fires when."""


@app.command("next")
def next_instants(
    cron: Cron = None,
    rrule: Rrule = None,
    file: File = None,
    batch: Annotated[
        Path | None, typer.Option(help="One question per line (JSON); one answer per line.")
    ] = None,
    timezone: Zone = None,
    since: Annotated[str | None, typer.Option("--from", help="At or after this time; now if absent.")] = None,
    count: Annotated[int | None, typer.Option(help="How many (10).")] = None,
    start: Start = None,
    end: End = None,
    gap: Gap = None,
    fold: Fold = None,
    business_hours: Hours = None,
    holidays: Holidays = None,
    on_closed: Closed = None,
    jitter_seconds: Jitter = None,
    workflow_id: Annotated[str | None, typer.Option(help="Whose jitter.")] = None,
    no_more_often_than_seconds: Annotated[int | None, typer.Option(help="Refuse a busier schedule.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print when a schedule fires next: exit 2 for a schedule that is refused, naming the field."""
    options = {
        key: value for key, value in locals().items() if key not in ("file", "batch", "as_json", "since")
    }
    if batch is not None:
        _answer_batch(batch, _given(options | {"from": since}))
        return
    question = _question(file, options | {"from": since})
    found = answer(question, datetime.now(UTC))
    if as_json:
        print(exact_json.dumps_text(found))
    else:
        _show(spec_of(question), found["occurrences"])


@app.command("describe")
def describe(
    cron: Cron = None,
    rrule: Rrule = None,
    file: File = None,
    timezone: Zone = None,
    start: Start = None,
    end: End = None,
    gap: Gap = None,
    fold: Fold = None,
    business_hours: Hours = None,
    holidays: Holidays = None,
    on_closed: Closed = None,
    jitter_seconds: Jitter = None,
    as_json: AsJson = False,
) -> None:
    """Say a schedule in words."""
    options = {key: value for key, value in locals().items() if key not in ("file", "as_json")}
    words = describe_spec(spec_of(_question(file, options)))
    print(exact_json.dumps_text({"description": words, "tzdata": TZDATA_VERSION}) if as_json else words)


def _question(file: Path | None, options: dict[str, Any]) -> dict[str, Any]:
    document = read_document(file) if file is not None else {}
    if not isinstance(document, dict):
        raise refuse(
            "schedule", f"{file} holds no JSON object.", 'Write {"cron": "0 9 * * 1-5", "timezone": …}.'
        )
    return {**document, **_given(options)}


def _given(options: dict[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in options.items() if value is not None}
    if "business_hours" in given:
        given["business_hours"] = read_document(given["business_hours"]) or {}
    return given


def _answer_batch(batch: Path, defaults: dict[str, Any]) -> None:
    now = datetime.now(UTC)
    for number, line in enumerate(_lines(read_bytes(batch)), start=1):
        print(exact_json.dumps_text({"line": number, **_answer_line(line, defaults, now)}))


def _lines(content: bytes) -> Iterator[bytes]:
    return iter(content.removesuffix(b"\n").split(b"\n") if content else [])


def _answer_line(line: bytes, defaults: dict[str, Any], now: datetime) -> dict[str, Any]:
    """An answer, or {"error": {"field", "message", "remedy"}}; `id` of the question comes along."""
    known: dict[str, Any] = {}
    try:
        question = decode(line, "the line")
        if isinstance(question, dict):
            known = {"id": question["id"]} if "id" in question else {}
            question = {**defaults, **question}
        return {**known, **answer(question, now)}
    except AtlasError as error:
        field = error.attributes.get("field")
        return {**known, "error": {"field": field, "message": error.fact, "remedy": error.remedy}}


def _show(spec: Any, occurrences: list[dict[str, Any]]) -> None:
    console = Console()
    console.print(escape(describe_spec(spec)), highlight=False)
    rows = [_row(each) for each in occurrences]
    if not rows:
        console.print("It does not fire any more.")
    elif len(rows) > _LONGEST_TABLE:
        print("\n".join(f"{local}  {at}  {moved}".rstrip() for local, at, moved in rows))
    else:
        table = Table("local", "UTC", "moved by")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    console.print(f"Time zone data: tzdata {TZDATA_VERSION}", highlight=False)


def _row(occurrence: dict[str, Any]) -> tuple[str, str, str]:
    local = datetime.fromisoformat(occurrence["local"])
    note = occurrence["adjustment"] or ""
    if occurrence.get("collapsed"):
        note += f" ({occurrence['collapsed']} slots in one)"
    return local.strftime("%a %Y-%m-%d %H:%M:%S %z"), occurrence["at"], note
