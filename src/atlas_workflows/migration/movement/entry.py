"""What the loader writes for one source row: original, ledger entry, and the rows of the enhanced tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from uuid import UUID

from atlas_workflows.exact_json import dumps_text
from atlas_workflows.legacy.hidden_rows import without_secrets
from atlas_workflows.legacy.reasons import Reason, ReasonCode, SemanticChange
from atlas_workflows.legacy.records import (
    Outcome,
    RowsOutcome,
    SecretFound,
    SourceRow,
    SourceTable,
    TargetRows,
    Tenancy,
)
from atlas_workflows.migration.ledger.fingerprint import (
    content_digest,
    original_content,
    target_fingerprint,
    with_findings,
)
from atlas_workflows.migration.ledger.inputs import PLAIN_PREFIX, PLAINLY_HASHED, inputs_payload, plain_hash
from atlas_workflows.migration.movement.secret_ids import with_keyed_ids
from atlas_workflows.secrets.sealing import HMAC_PREFIX


class Sealer(Protocol):
    """Seals secrets and hashes what may hold one; the keys never leave it."""

    @property
    def key_id(self) -> str: ...

    def seal(self, text: str) -> bytes: ...

    def unseal(self, sealed: bytes) -> str: ...

    def hmac(self, text: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One source row on its way into the database. `reasons` and `changes` are JSON-able; `sealed` replaces `content`.

    `named`: the secrets' names by row and place, under which earlier releases sealed them.
    """

    table: str
    id: str
    organization_id: str | None
    outcome: Outcome
    reasons: tuple[Mapping[str, Any], ...]
    changes: tuple[Mapping[str, Any], ...]
    source_hash: str
    inputs_hash: str
    content: str | None = field(repr=False)
    sealed: bytes | None = field(repr=False)
    rows: TargetRows = field(default_factory=dict, repr=False)
    secrets: tuple[SecretFound, ...] = ()
    parent: tuple[str, str] | None = None
    target_hash: str = "{}"
    named: tuple[UUID, ...] = ()


def is_unchanged(row: SourceRow, tenancy: Tenancy, sealer: Sealer, known: str | None) -> bool:
    """Whether the input hash in the ledger still fits. A rotation of keys changes no hash."""
    if known is None:
        return False
    # Equal inputs hold equal secrets, so the kind of hash that was taken then is the one to take now.
    payload = inputs_payload(row, tenancy)
    return (plain_hash(payload) if known.startswith(PLAIN_PREFIX) else sealer.hmac(payload)) == known


def inputs_hash(payload: str, table: str, sealer: Sealer, *, may_hold_secret: bool) -> str:
    """A keyed hash wherever what translation reads may hold secrets, for those can be guessed from a plain one."""
    is_plain = table in PLAINLY_HASHED and not may_hold_secret
    return plain_hash(payload) if is_plain else sealer.hmac(payload)


def make_entry(row: SourceRow, table: SourceTable, tenancy: Tenancy, sealer: Sealer) -> Entry:
    """Translate a row and put everything together that will be written for it."""
    judged = _judged(row, table, tenancy)
    verdict = _sealed(judged, row, sealer)
    content = original_content(row.columns)
    reasons = tuple(reason_json(reason) for reason in verdict.reasons)
    changes = tuple(change_json(change) for change in verdict.changes)
    secret = verdict.holds_secret
    return Entry(
        table=row.table,
        id=row.id,
        organization_id=verdict.organization_id,
        outcome=verdict.outcome,
        reasons=reasons,
        changes=changes,
        source_hash=sealer.hmac(content) if secret else content_digest(content),
        inputs_hash=inputs_hash(
            inputs_payload(row, tenancy, content),
            row.table,
            sealer,
            may_hold_secret=judged.may_hold_secret or secret,
        ),
        content=None if secret else content,
        sealed=sealer.seal(content) if secret else None,
        rows=verdict.rows,
        secrets=verdict.secrets,
        parent=verdict.parent,
        named=tuple(secret.id for secret in judged.secrets),
        target_hash=target_fingerprint(with_findings(verdict.rows, json_text(reasons), json_text(changes))),
    )


def refused(entry: Entry, message: str) -> Entry:
    """The same row as a quarantined one, because the database refused what translation made of it."""
    reason = Reason(ReasonCode.LOAD_REFUSED, None, message)
    return replace(
        entry,
        outcome=Outcome.QUARANTINED,
        reasons=(*entry.reasons, reason_json(reason)),
        rows={},
        secrets=(),
        target_hash="{}",
    )


def reason_json(reason: Reason) -> dict[str, Any]:
    return {"code": str(reason.code), "field": reason.field, "message": reason.message}


def change_json(change: SemanticChange) -> dict[str, Any]:
    return {
        "code": str(change.code),
        "field": change.field,
        "before": change.before,
        "after": change.after,
        "message": change.message,
    }


def json_text(items: Sequence[Mapping[str, Any]]) -> str:
    """JSON text for a jsonb column."""
    return dumps_text(list(items))


def _sealed(verdict: RowsOutcome, row: SourceRow, sealer: Sealer) -> RowsOutcome:
    """Without secrets in clear wherever they stood, and those that were taken out under ids that only our key can make."""

    def keyed(text: str) -> str:
        return sealer.hmac(text).removeprefix(HMAC_PREFIX)

    if verdict.may_hold_secret:
        verdict = without_secrets(verdict, row, keyed)
    return with_keyed_ids(verdict, row, keyed)


def _judged(row: SourceRow, table: SourceTable, tenancy: Tenancy) -> RowsOutcome:
    # `rows` promises not to raise; should it ever, one row is quarantined instead of a whole migration stopped.
    try:
        return table.rows(row, tenancy)
    except Exception as cause:
        message = f"Translation stopped with {type(cause).__name__}; the row is kept whole."
        return RowsOutcome(
            outcome=Outcome.QUARANTINED,
            organization_id=None,
            reasons=(Reason(ReasonCode.TRANSLATION_FAILED, None, message),),
            holds_secret=True,
            may_hold_secret=True,
        )
