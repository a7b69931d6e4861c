"""`atlas sign-off`: accept a change of meaning so that a workflow may go live; without a workflow it lists what waits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Annotated, Any

import typer

from atlas_workflows.cli.terminal import filled
from atlas_workflows.db.connect import connect
from atlas_workflows.db.schema import current
from atlas_workflows.errors import InputError, PhaseRefused
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.migration.evidence.shown import Shown, read_shown, sentence_of
from atlas_workflows.recurring.survey import organization_names
from atlas_workflows.site import crm_site
from atlas_workflows.store.sign_offs import Awaiting, Signed, read_awaiting, sign, sign_for_all

app = typer.Typer()


@app.command()
def sign_off(
    workflow: Annotated[
        str | None, typer.Argument(metavar="WORKFLOW", help="Its id; without it: list.")
    ] = None,
    organization: Annotated[
        str | None,
        typer.Option("--organization", help="Sign --code for all of its workflows that wait for it."),
    ] = None,
    code: Annotated[
        list[str] | None, typer.Option("--code", help="The change accepted; may be repeated. Default: all.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Who accepts it.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why it is accepted.")] = "",
    dsn: Annotated[str | None, typer.Option("--dsn", help="The CRM database; default ATLAS_CRM_DSN.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Sign a workflow's changes of meaning. The signature is void as soon as the source changes."""
    address = crm_site(dsn).dsn
    if current(address) is None:
        raise PhaseRefused("This database has no schema atlas.", remedy="Start with `atlas migrate run p1`.")
    with connect(address, application_name="atlas-sign-off", autocommit=True) as connection:
        if workflow is None and organization is None:
            shown = read_shown(connection)
            _list(in_order(read_awaiting(connection), shown, organization_names(connection)), shown, as_json)
            return
        if workflow is not None and organization is not None:
            raise InputError("A workflow or an organization, not both.", remedy="Leave out one of them.")
        if not by.strip() or not reason.strip():
            raise InputError("A signature needs a name and a reason.", remedy="Add --by NAME --reason WHY.")
        if workflow is None:
            _print_all(
                sign_for_all(connection, str(organization), code or (), by=by.strip(), reason=reason.strip()),
                as_json,
            )
            return
        signed = sign(connection, workflow.lower(), code or (), by=by.strip(), reason=reason.strip())
    if as_json:
        print(dumps_text(signed.to_json()))
    elif signed.outstanding:
        print(f"Signed. Still to sign: {', '.join(signed.outstanding)}.")
    else:
        print(f"All changes are signed; the workflow is {signed.status} now.")


def _print_all(signed: tuple[Signed, ...], as_json: bool) -> None:
    if as_json:
        print(dumps_text({"signed": [item.to_json() for item in signed]}))
        return
    waiting = sum(bool(item.outstanding) for item in signed)
    print(f"Signed for {len(signed)} workflows; {waiting} of them wait for other signatures.")


@dataclass(frozen=True, slots=True)
class Listed:
    """A workflow that waits, with its organization's name and the most messages a day that its waking up may send."""

    workflow: Awaiting
    organization: str
    messages: Decimal


def in_order(waiting: Sequence[Awaiting], shown: Shown, names: Mapping[str, str]) -> list[Listed]:
    """Organization by organization, by name; within one whatever may send most comes first."""
    listed = [
        Listed(item, names.get(item.organization_id, ""), _most_messages(shown.get(item.source_id, ())))
        for item in waiting
    ]
    return sorted(listed, key=_place)


def _place(each: Listed) -> tuple[str, str, Decimal, str, str]:
    found = each.workflow
    return (
        each.organization.casefold(),
        found.organization_id,
        -each.messages,
        found.name.casefold(),
        found.workflow_id,
    )


def _most_messages(triggers: Sequence[Mapping[str, Any]]) -> Decimal:
    forecasts = [item["forecast"] for item in triggers if item["forecast"]]
    return sum((Decimal(str(told["messages_a_day"][1])) for told in forecasts), Decimal())


def _list(listed: Sequence[Listed], shown: Shown, as_json: bool) -> None:
    if as_json:
        print(dumps_text({"awaiting": [_as_json(each, shown) for each in listed]}))
        return
    for (name, organization), group in groupby(
        listed, lambda each: (each.organization, each.workflow.organization_id)
    ):
        print(filled(f"{organization}  {name}", hanging=4))
        for each in group:
            print("\n".join(_lines(each.workflow, shown.get(each.workflow.source_id, ()))))
        print()
    print(f"{len(listed)} workflows wait for a signature.")


def _lines(item: Awaiting, triggers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield filled(f"{item.workflow_id}  {item.name}", indent=2, hanging=4)
    yield filled(f"to sign: {', '.join(item.outstanding)}", indent=6, hanging=2)
    for found in triggers:
        yield filled(sentence_of(found), indent=6, hanging=2)


def _as_json(each: Listed, shown: Shown) -> dict[str, Any]:
    item = each.workflow
    return {
        "workflow_id": item.workflow_id, "organization_id": item.organization_id,
        "organization_name": each.organization or None, "name": item.name, "outstanding": list(item.outstanding),
        "intended_status": item.intended_status, "evidence": list(shown.get(item.source_id, ())),
    }  # fmt: skip
