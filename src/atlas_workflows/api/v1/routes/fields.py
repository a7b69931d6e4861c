"""The old fields: a lead came in, a form was submitted. They took anybody's word once; now they ask who says it."""

from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import Depends, Request
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.exact import document_of
from atlas_workflows.api.manners.problems import HttpProblem
from atlas_workflows.api.v1.documents import refused, require_storable
from atlas_workflows.api.v1.letting_in import FieldNeeds
from atlas_workflows.api.v1.routes.workflows import Repeat
from atlas_workflows.api.v1.routing import about, v1_router
from atlas_workflows.api.v1.running import done
from atlas_workflows.api.v1.schemas.fields import Emitted, FormSubmitted, LeadCreated
from atlas_workflows.db.connect import Connection
from atlas_workflows.store.events import emit

ROUTER = v1_router("v1 fields")
Sayer = Annotated[Tenant, Depends(FieldNeeds("workflow:execute"))]
EVENT = about("EVENT")


@ROUTER.post("/api/webhooks/lead-created", response_model=Emitted, openapi_extra=EVENT)
def lead_created(request: Request, sayer: Sayer, body: LeadCreated, key: Repeat = None) -> Response:
    """A lead came in. It is one event per lead, the same that the captured table of leads tells of, whoever is first."""
    _require_own(sayer, body.organizationId)
    facts = {**body.leadData, "lead_id": body.leadId}
    facts |= {"source": body.source} if body.source is not None else {}
    facts |= {"tags": body.tags} if body.tags else {}
    # The key under which a capture on `leads` notes the row.
    return _emit(request, sayer, "lead_created", body.leadId, facts, f"leads {body.leadId} lead_created", key)


@ROUTER.post("/api/webhooks/form-submitted", response_model=Emitted, openapi_extra=EVENT)
def form_submitted(request: Request, sayer: Sayer, body: FormSubmitted, key: Repeat = None) -> Response:
    """Somebody filled in a form: one event per submissionId, or per Idempotency-Key; with neither each call is one of its own."""
    _require_own(sayer, body.organizationId)
    facts = {**body.formData, "form_id": body.formId}
    named = {
        "form_type": body.formType, "submission_id": body.submissionId, "lead_id": body.leadId,
        "client_id": body.clientId, "contact_id": body.contactId,
    }  # fmt: skip
    facts |= {name: value for name, value in named.items() if value is not None}
    known = None if body.submissionId is None else f"form_submissions {body.submissionId} form_submitted"
    return _emit(
        request, sayer, "form_submitted", body.clientId or body.leadId or body.contactId, facts, known, key
    )


def _emit(
    request: Request,
    sayer: Tenant,
    event: str,
    subject: str | None,
    facts: dict[str, Any],
    known: str | None,
    key: str | None,
) -> Response:
    require_storable([facts, subject, key], "body")
    named = known or f"v1 {sayer.caller.name} {key or uuid4().hex}"

    def work(connection: Connection) -> tuple[int, dict[str, Any]]:
        is_new = emit(connection, sayer.organization, event, subject, {"trigger": facts}, key=named)
        return 200, document_of(Emitted, {"event": event, "event_id": named, "duplicate": not is_new})

    return done(request, sayer, key, work)


def _require_own(sayer: Tenant, named: str | None) -> None:
    """The organization is the caller's; the body may name it, and nobody else's."""
    if named is None:
        return
    try:
        told = str(UUID(named))
    except ValueError:
        wrong = {"code": "NO_ID", "field": "organizationId", "message": "It is no UUID."}
        raise refused([wrong], "Leave it out: the credentials say it.") from None
    if told != sayer.organization:
        raise HttpProblem(
            "forbidden", f"You do not belong to organization {told}.", remedy="Leave organizationId out.",
            field="organizationId",
        )  # fmt: skip
