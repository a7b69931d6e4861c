"""Changes of meaning accepted: of one workflow, or one change for several; each signature holds for the source as it was read."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.repeats import IdempotencyKey, once
from atlas_workflows.api.manners.routing import ADMINISTERS, api_router
from atlas_workflows.api.schemas.migration import AllSigned, Signature, Signatures, Signed
from atlas_workflows.db.connect import Connection
from atlas_workflows.store import sign_offs

ROUTER = api_router("migration")
Signer = Annotated[Tenant, Depends(ADMINISTERS)]


@ROUTER.post("/migration/sign-offs/{workflow}", response_model=Signed, status_code=201)
def sign_changes(
    request: Request, signer: Signer, workflow: UUID, key: IdempotencyKey, body: Signature
) -> Response:
    """Accept changes of a workflow's meaning; 412 where its source is another one than the one read."""
    named = signer.require("workflows", "workflow", workflow)

    def work(connection: Connection) -> tuple[int, dict[str, Any]]:
        return 201, _signed(connection, signer, named, body.codes, body.source_hash, body.reason)

    return once(request, signer, key, work)


@ROUTER.post("/migration/sign-offs", response_model=AllSigned, status_code=201)
def sign_changes_of_many(request: Request, signer: Signer, key: IdempotencyKey, body: Signatures) -> Response:
    """Accept one change for several workflows, each as it was read: for all of them or, where one has changed, for none."""
    named = [
        (signer.require("workflows", "workflow", each.workflow), each.source_hash) for each in body.workflows
    ]

    def work(connection: Connection) -> tuple[int, dict[str, Any]]:
        signed = [
            _signed(connection, signer, workflow, [body.code], source, body.reason)
            for workflow, source in named
        ]
        return 201, {"items": signed}

    return once(request, signer, key, work)


def _signed(
    connection: Connection, signer: Tenant, workflow: str, codes: list[str], source_hash: str, reason: str
) -> dict[str, Any]:
    by = signer.by(reason)
    done = sign_offs.sign(connection, workflow, codes, by=by.actor, reason=by.reason, source_hash=source_hash)
    told = {
        "workflow": done.workflow_id, "codes": done.codes, "outstanding": done.outstanding, "status": done.status,
    }  # fmt: skip
    return Signed.model_validate(told).model_dump()
