"""`atlas consent …`: who may be written to on which channel, and what they said."""

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from atlas_workflows.cli.organization_option import (
    AsJson,
    By,
    Dsn,
    Organization,
    Reason,
    crm_session,
    organization_id,
    signed,
)
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.store.consents import (
    Consent,
    ConsentChannel,
    LegacyWrite,
    consents_of,
    record_consent,
    undo_write,
    writes_about,
)

app = typer.Typer(no_args_is_help=True, help="Show and record who may be written to on which channel.")

Subject = Annotated[str, typer.Argument(metavar="SUBJECT", help="Id of the contact, lead or client.")]


class Word(StrEnum):
    """What somebody says."""

    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


@app.command()
def show(subject: Subject, organization: Organization, dsn: Dsn = None, as_json: AsJson = False) -> None:
    """Show what every source says now about a person, and what was written to the old application's columns."""
    owner = organization_id(organization)
    with crm_session(dsn, "atlas-consent") as connection:
        said, writes = consents_of(connection, owner, subject), writes_about(connection, owner, subject)
    if as_json:
        print(dumps_text({"said": [asdict(s) for s in said], "writes": [asdict(w) for w in writes]}))
        return
    for item in said:
        when = "" if item.at is None else f" since {item.at:%Y-%m-%d %H:%M}"
        print(f"{item.channel}: {'granted' if item.granted else 'withdrawn'}{when} ({item.basis})")
    if not said:
        print("Nothing says whether they agreed to be written to.")
    for write in writes:
        print(_told(write))


@app.command()
def record(
    subject: Subject,
    organization: Organization,
    channel: Annotated[ConsentChannel, typer.Option("--channel", help="For all: every channel.")],
    said: Annotated[Word, typer.Option("--said", help="What the person says.")],
    by: By,
    reason: Reason,
    dsn: Dsn = None,
) -> None:
    """Record what a person said; the opt-in columns of the old application are set too, their values before kept."""
    consent = Consent(organization_id(organization), subject, channel, said is Word.GRANTED)
    with crm_session(dsn, "atlas-consent") as connection:
        written = record_consent(connection, consent, **signed(by, reason))
    print(f"{channel} is {said.value}; {written} columns of the old application were set.")


@app.command()
def undo(
    write: Annotated[int, typer.Argument(metavar="WRITE", help="Its number in `atlas consent show`.")],
    organization: Organization,
    by: By,
    reason: Reason,
    dsn: Dsn = None,
) -> None:
    """Give a column of the old application its value back, unless it has changed since. What was said still holds for us."""
    with crm_session(dsn, "atlas-consent") as connection:
        undo_write(connection, organization_id(organization), write, **signed(by, reason))
    print(f"Write {write} is undone.")


def _told(write: LegacyWrite) -> str:
    undone = "" if write.undone_at is None else f", undone {write.undone_at:%Y-%m-%d %H:%M}"
    return (
        f"write {write.id}: {write.legacy_table}.{write.column_name} {write.value_before} -> {write.value_after} "
        f"on {write.written_at:%Y-%m-%d %H:%M} by {write.written_by}{undone}"
    )
