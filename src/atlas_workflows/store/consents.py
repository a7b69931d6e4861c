"""What people say about being written to: kept in the consent ledger, and written back so that the old application honours it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from atlas_workflows.audit import Subject, record
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import InputError
from atlas_workflows.store.sending import People, people_of, said_of
from atlas_workflows.worker.messages import json_text
from atlas_workflows.worker.sending.facts import Said

ConsentChannel = Literal["email", "sms", "whatsapp", "all"]
UNKNOWN_TABLE = "subjects"  # in the ledger, for somebody whom the old application has no row for


@dataclass(frozen=True, slots=True)
class Consent:
    """What somebody said: that they may be written to on a channel, or not. `at` None is now."""

    organization: str
    subject: str
    channel: ConsentChannel
    granted: bool
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LegacyWrite:
    """A legacy column that was set because of a consent."""

    id: int
    legacy_table: str
    legacy_id: str
    column_name: str
    value_before: str | None
    value_after: str | None
    written_at: datetime
    written_by: str
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry of the ledger."""

    id: int
    effective_at: datetime


def record_consent(connection: Connection, consent: Consent, *, by: str, reason: str) -> int:
    """Note a consent, in one transaction with its audit entry; returns how many legacy columns were set.

    No message to this person is being decided about meanwhile: one that goes out afterwards knows.
    """
    with connection.transaction():
        people = people_of(connection, [(0, consent.organization, consent.subject)])
        connection.execute(sql("sending/lock_people"), {"people": json_text(people)})
        entry = _add(connection, consent, people, f"{by}|{reason}")
        given = {
            "organization": consent.organization, "people": json_text(people), "channel": consent.channel,
            "granted": consent.granted, "at": entry.effective_at, "by": by,
        }  # fmt: skip
        written = int(scalar(connection, sql("consents/write_back"), given))
        record(
            connection,
            Subject("consents", str(entry.id)),
            actor=by,
            action="grant_consent" if consent.granted else "withdraw_consent",
            reason=reason,
            organization_id=consent.organization,
        )
        return written


def _add(connection: Connection, consent: Consent, people: People, evidence: str) -> Recorded:
    own = [row["subject_table"] for row in people if row["subject_id"] == consent.subject]
    given = {
        "organization": consent.organization,
        "subject_table": next((table for table in own if table is not None), UNKNOWN_TABLE),
        "subject": consent.subject,
        "channel": consent.channel,
        "state": "granted" if consent.granted else "withdrawn",
        "at": consent.at,
        "evidence": evidence,
    }
    found = one(connection, Recorded, sql("consents/add"), given)
    assert found is not None  # an insert returns its row
    return found


def consents_of(connection: Connection, organization: str, subject: str) -> list[Said]:
    """What every source says now about one person, withdrawals first."""
    return said_of(connection, people_of(connection, [(0, organization, subject)]))[0]


def writes_about(connection: Connection, organization: str, subject: str) -> list[LegacyWrite]:
    """What was written to a person's legacy rows, the newest first."""
    people = people_of(connection, [(0, organization, subject)])
    given = {"organization": organization, "people": json_text(people)}
    return rows(connection, LegacyWrite, sql("consents/writes"), given)


def undo_write(connection: Connection, organization: str, write: int, *, by: str, reason: str) -> None:
    """Give a legacy column its value back; the ledger stands. Raises InputError where it has changed since."""
    with connection.transaction():
        if not scalar(connection, sql("consents/undo_write"), {"organization": organization, "id": write}):
            raise InputError(
                "This column was not set by us, has changed since, or is no longer there.",
                remedy="See `atlas consent show` for what was written; record a new consent instead.",
            )
        record(
            connection,
            Subject("consent_writes", str(write)),
            actor=by,
            action="undo_consent_write",
            reason=reason,
            organization_id=organization,
        )
