"""A workflow tried on a virtual clock, and what it would send a day; nothing is done and nothing is stored."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.exact import reply
from atlas_workflows.api.manners.heavy import heavy
from atlas_workflows.api.manners.problems import invalid
from atlas_workflows.api.manners.routing import EDITS, api_router
from atlas_workflows.api.routes.versions import definition_of
from atlas_workflows.api.schemas.trials import Forecast, Simulate, Simulated, ToForecast
from atlas_workflows.engine.events import Happened
from atlas_workflows.exact_json import loads
from atlas_workflows.integrations.crm.contact import read_contact
from atlas_workflows.nodes.trial import (
    EARLIEST,
    LATEST,
    Trial,
    data_of,
    instant,
    is_playable,
    play_trial,
    require_can_fail,
    trial_as_json,
    trigger_named,
)
from atlas_workflows.store.forecasts import forecast
from atlas_workflows.store.trials import Deadline, PublishedWorkflows, program_to_try

ROUTER = api_router("trials")
Editor = Annotated[Tenant, Depends(EDITS)]


@ROUTER.post("/simulations", response_model=Simulated)
def simulate_workflow(editor: Editor, body: Simulate) -> Response:
    """Play a draft, a version or a definition on a virtual clock, by the interpreter that executes: what would be done is listed.

    After ten seconds it is refused (409); `atlas workflow execute` has no such bound.
    """
    program = program_to_try(_definition(editor, body))
    data, known = _data(editor, body)
    for node, attempts in body.failures.items():
        require_can_fail(program.workflow, node, f"failures.{node[:80]}", field="failures")
        if not 0 <= attempts <= 999_999:
            raise invalid("failures", f"{attempts} is no number of attempts.", "Give 0 to 999999.")
    trigger = trigger_named(program.workflow, body.trigger, field="trigger")
    at = _playable(body.at or editor.now, "at")
    events = [
        Happened(each.type, _playable(each.at, f"events.{place}.at"), each.data)
        for place, each in enumerate(body.events)
    ]
    with heavy(), editor.reading() as connection:
        library = PublishedWorkflows(connection, editor.organization, program)
        played = play_trial(
            program, trigger, data, at, events=events, failures=body.failures, library=library.program, anyway=body.anyway,
            between=Deadline(),
        )  # fmt: skip
    return reply(Simulated, _told(played) | {"at": instant(at), "member_known": known})


@ROUTER.post("/forecasts", response_model=Forecast)
def forecast_workflow(editor: Editor, body: ToForecast) -> Response:
    """What a draft or version would start and send a day, were its next weeks like its last: up to 50 of the last starts are played.

    Members are taken as they are now. A workflow that never started has only what its migration found about its triggers.
    """
    named = editor.require("workflows", "workflow", body.workflow)
    with editor.reading() as connection:
        program = program_to_try(definition_of(connection, editor.organization, named, body.version))
    with heavy(), editor.deciding() as connection:
        found = forecast(connection, editor.organization, program, editor.now, days=body.days)
    expected = [
        asdict(each) | {"forecast": None if each.forecast is None else loads(each.forecast)}
        for each in found.expected
    ]
    return reply(Forecast, asdict(found) | {"expected": expected})


def _definition(editor: Tenant, body: Simulate) -> Any:
    if (body.workflow is None) == (body.definition is None):
        raise invalid("workflow", "It is a workflow or a definition that is tried.", "Give one of them.")
    if body.workflow is None:
        if "version" in body.model_fields_set:
            raise invalid("version", "A definition has no versions.", "Leave it out, or name a workflow.")
        return body.definition
    named = editor.require("workflows", "workflow", body.workflow)
    with editor.reading() as connection:
        return definition_of(connection, editor.organization, named, body.version)


def _playable(at: datetime, field: str) -> datetime:
    if not is_playable(at):
        raise invalid(field, "It is too far away to be played.", f"Give a year from {EARLIEST} to {LATEST}.")
    return at.astimezone(UTC)


def _data(editor: Tenant, body: Simulate) -> tuple[dict[str, Any], bool | None]:
    """The roots of paths, and whether the CRM has the member that is named."""
    if body.member is None:
        return data_of(body.data or {"trigger": {}}, "data"), None
    if any(name in body.data for name in ("contact", "lead", "client")):
        raise invalid("member", "The data has a contact already.", "Name a member or a contact.")
    with editor.deciding() as connection:
        contact = read_contact(connection, editor.organization, body.member)
    found = {"id": body.member} if contact is None else contact
    return data_of({"trigger": {}, **body.data, "contact": found}, "data"), contact is not None


def _told(played: Trial) -> dict[str, Any]:
    document = trial_as_json(played.simulation)
    nested = [{"reason": None, **each} for each in document.pop("nested", ())]
    return {"reason": None, **document, "nested": nested, "trigger": played.trigger.id}
