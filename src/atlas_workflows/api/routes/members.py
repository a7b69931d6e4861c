"""Why a member got, did not get or does not yet get something out of a workflow."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.exact import reply
from atlas_workflows.api.manners.routing import EXECUTES, Name, api_router
from atlas_workflows.api.schemas.members import Why
from atlas_workflows.integrations.crm.contact import read_contact
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.store.acting_steps import Today
from atlas_workflows.store.explanation import explain

ROUTER = api_router("members")


@ROUTER.get("/members/{member}/why", response_model=Why)
def explain_member(reader: Annotated[Tenant, Depends(EXECUTES)], member: Name, workflow: UUID) -> Response:
    """The member's last executions of a workflow, and why others did not begin. `member` is as executions name it."""
    named, owner = reader.require("workflows", "workflow", workflow), reader.organization
    with reader.deciding() as connection:
        today = Today(read_contact(connection, owner, member), reader.now)
        return reply(Why, explain(connection, owner, member, named, load_catalogue(), today))
