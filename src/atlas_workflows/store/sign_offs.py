"""A person accepts a change of meaning; when all of a workflow's are accepted it gets the status it was meant to have."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from atlas_workflows import audit
from atlas_workflows.audit import Subject
from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import InputError, PhaseRefused
from atlas_workflows.store.publication import StaleRevision


@dataclass(frozen=True, slots=True)
class Awaiting:
    """A workflow and the codes somebody has to sign; `signed` holds those signed for the present source."""

    workflow_id: str
    organization_id: str
    name: str
    source_table: str
    source_id: str
    source_hash: str
    status: str
    intended_status: str | None
    codes: tuple[str, ...]
    signed: tuple[str, ...]

    @property
    def outstanding(self) -> tuple[str, ...]:
        return tuple(code for code in self.codes if code not in self.signed)


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature led to."""

    workflow_id: str
    codes: tuple[str, ...]
    outstanding: tuple[str, ...]
    status: str

    def to_json(self) -> dict[str, Any]:
        return {
            "workflow_id": self.workflow_id,
            "signed": list(self.codes),
            "outstanding": list(self.outstanding),
            "status": self.status,
        }


def read_awaiting(connection: Connection, workflow_id: str | None = None) -> tuple[Awaiting, ...]:
    """Workflows with changes of meaning: the one asked for, or all that wait for a signature."""
    act_as_migration(connection)
    parameters = {"workflow_id": workflow_id}
    return tuple(rows(connection, _awaiting, sql("migration/ledger/awaiting_sign_off"), parameters))


def _awaiting(codes: list[str], signed: list[str], **workflow: Any) -> Awaiting:
    return Awaiting(**workflow, codes=tuple(codes), signed=tuple(signed))


def sign(
    connection: Connection,
    workflow_id: str,
    codes: Sequence[str],
    *,
    by: str,
    reason: str,
    source_hash: str | None = None,
) -> Signed:
    """Sign these codes (none given: all outstanding). Needs an autocommit session, or a transaction, which then keeps the workflow
    locked: whoever signs several in one goes by the order of their ids.

    `source_hash`: of the source as whoever signs has read it. Raises StaleRevision where it is another one by now, InputError for
    an unknown workflow or a code it does not have, PhaseRefused when nothing awaits a signature.
    """
    _workflow(connection, workflow_id)
    with connection.transaction():
        connection.execute(sql("migration/ledger/lock_workflow"), {"workflow_id": workflow_id})
        workflow = _workflow(connection, workflow_id)
        wanted = _wanted(workflow, codes, source_hash)
        for code in wanted:
            if code not in workflow.signed:
                _sign_one(connection, workflow, code, by, reason)
        parameters = {"source_table": workflow.source_table, "ids": [workflow.source_id]}
        connection.execute(sql("migration/ledger/honour_sign_offs"), parameters)
    after = _workflow(connection, workflow_id)
    return Signed(workflow_id, wanted, after.outstanding, after.status)


def _wanted(workflow: Awaiting, codes: Sequence[str], source_hash: str | None) -> tuple[str, ...]:
    if source_hash is not None and source_hash != workflow.source_hash:
        raise StaleRevision(
            f"The source of {workflow.name!r} has changed since it was read.",
            remedy="Look at its changes again, then sign those.",
        )
    wanted = tuple(dict.fromkeys(codes)) or workflow.outstanding
    unknown = [code for code in wanted if code not in workflow.codes]
    if unknown:
        raise InputError(
            f"Workflow {workflow.workflow_id} has no change {', '.join(unknown)}.",
            remedy=f"Its codes are: {', '.join(workflow.codes) or 'none'}.",
        )
    return wanted


def sign_for_all(
    connection: Connection, organization: str, codes: Sequence[str], *, by: str, reason: str
) -> tuple[Signed, ...]:
    """Sign these codes for every workflow of the organization that waits for one of them. Needs an autocommit session.

    Raises InputError where no code is named: nobody signs what they have not read; or where none waits for it.
    """
    if not codes:
        raise InputError("No code is named.", remedy="Name with --code what is accepted for all of them.")
    waiting = [
        (item, tuple(code for code in codes if code in item.outstanding))
        for item in read_awaiting(connection)
        if item.organization_id == organization.lower()
    ]
    wanted = [(item, found) for item, found in waiting if found]
    if not wanted:
        raise InputError(
            f"No workflow of organization {organization} waits for {', '.join(codes)}.",
            remedy="`atlas sign-off` lists what waits.",
        )
    return tuple(sign(connection, item.workflow_id, found, by=by, reason=reason) for item, found in wanted)


def _workflow(connection: Connection, workflow_id: str) -> Awaiting:
    try:
        UUID(workflow_id)
    except ValueError as cause:
        raise InputError(f"{workflow_id!r} is no workflow id.", remedy="report.json lists them.") from cause
    found = read_awaiting(connection, workflow_id)
    if not found:
        raise InputError(f"There is no migrated workflow {workflow_id}.", remedy="report.json lists them.")
    if not found[0].codes:
        raise PhaseRefused(
            f"Workflow {workflow_id} has no change of meaning.", remedy="Nothing needs a signature."
        )
    return found[0]


def _sign_one(connection: Connection, workflow: Awaiting, code: str, by: str, reason: str) -> None:
    parameters = {
        "organization_id": workflow.organization_id,
        "workflow_id": workflow.workflow_id,
        "code": code,
        "source_hash": workflow.source_hash,
        "by": by,
        "reason": reason,
    }
    connection.execute(sql("migration/ledger/insert_sign_off"), parameters)
    audit.record(
        connection,
        Subject("workflows", workflow.workflow_id),
        actor=by,
        action="sign_off",
        reason=f"{code}: {reason}",
        organization_id=workflow.organization_id,
        before_hash=workflow.source_hash,
    )
