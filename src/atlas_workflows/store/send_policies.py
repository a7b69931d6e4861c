"""Organizations' send policies: read, and set with an audit entry."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from atlas_workflows.audit import Subject, record
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one
from atlas_workflows.db.sql_files import sql
from atlas_workflows.worker.sending.policy import policy_from_text


@dataclass(frozen=True, slots=True)
class SetPolicy:
    """A policy as it was set, what it leaves out left out."""

    document: str
    set_by: str
    reason: str
    set_at: datetime


def read_policy(connection: Connection, organization: str) -> SetPolicy | None:
    """None where the defaults hold."""
    return one(connection, SetPolicy, sql("sending/policy"), {"organization": organization})


def set_policy(connection: Connection, organization: str, document: str, *, by: str, reason: str) -> int:
    """Set a policy in one transaction; what is held is decided about anew at once, returns how many. Raises InputError."""
    policy_from_text(document)
    given = {"organization": organization, "document": document, "by": by, "reason": reason}
    with connection.transaction():
        before = read_policy(connection, organization)
        connection.execute(sql("sending/set_policy"), given)
        record(
            connection,
            Subject("send_policies", organization),
            actor=by,
            action="set_send_policy",
            reason=reason,
            organization_id=organization,
            before_hash=None if before is None else _hash(before.document),
            after_hash=_hash(document),
        )
        return connection.execute(sql("sending/decide_anew"), {"organization": organization}).rowcount


def _hash(document: str) -> str:
    return sha256(document.encode()).hexdigest()
