"""Which organization a row belongs to, and why it may belong to none."""

from uuid import UUID

from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.records import Tenancy


def organization_of(named: str | None, tenancy: Tenancy | None, findings: Findings) -> str | None:
    """The owner, or None with the reason noted: such a row is quarantined, because nobody may be given it.

    Without `tenancy` nothing is known about organizations, and any UUID passes.
    """
    if not named:
        if tenancy is not None and tenancy.assumed is not None:
            findings.reason(
                ReasonCode.ORGANIZATION_ASSUMED, "organization_id", "The row names none; the operator did."
            )
            return tenancy.assumed
        findings.reason(ReasonCode.ORGANIZATION_MISSING, "organization_id", "The row names no organization.")
        return None
    if tenancy is None:
        if is_uuid(named):
            return named
        _note_unknown(named, findings)
        return None
    if named in tenancy.organizations:
        return named
    if named in tenancy.users:
        findings.reason(
            ReasonCode.ORGANIZATION_IS_USER, "organization_id", f"{named} is a user, not an organization."
        )
    else:
        _note_unknown(named, findings)
    return None


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID as PostgreSQL writes it."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _note_unknown(named: str, findings: Findings) -> None:
    findings.reason(
        ReasonCode.ORGANIZATION_UNKNOWN, "organization_id", f"There is no organization {named[:80]}."
    )
