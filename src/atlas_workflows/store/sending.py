"""Decides about messages in the transaction that takes them to be sent, from facts read there, one person at a time."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from atlas_workflows import exact_json
from atlas_workflows.audit import Subject, record
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import named_rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import InputError
from atlas_workflows.worker.messages import event_to_json, json_text
from atlas_workflows.worker.sending.aside import put_aside
from atlas_workflows.worker.sending.decision import LOOKED_BACK, SESSION, Decision, Hold, Send, Skip, decide
from atlas_workflows.worker.sending.facts import Facts, Message, Said, Whereabouts, message_in
from atlas_workflows.worker.sending.policy import CHANNEL_OF, DEFAULT, SendPolicy, policy_from_text

ACTOR = "atlas worker"
UNREADABLE_FOR = timedelta(hours=1)
_UNREADABLE = "policy: the organization's send policy cannot be read (atlas sending set)."
log = structlog.get_logger()
People = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """An effect that is a message; `place` is its person in the statements that read facts."""

    place: int
    row: Any
    message: Message


def settle(connection: Connection, taken: Sequence[Any], now: datetime | None) -> list[Any]:
    """Those of the rows taken that go out now; the others are held or skipped in this transaction."""
    asked = _messages(taken)
    if not asked:
        return list(taken)
    decided = _decided(connection, asked)
    _put_aside(connection, decided, now)
    _audit(connection, decided)
    aside = {id(ask.row) for ask, decision in decided if not isinstance(decision, Send)}
    return [row for row in taken if id(row) not in aside]


def _messages(taken: Iterable[Any]) -> list[_Asked]:
    messages = [row for row in taken if row.kind in CHANNEL_OF]
    places: dict[tuple[str, str], int] = {}
    found = []
    for row in sorted(messages, key=lambda row: row.id):
        place = places.setdefault((row.organization_id, row.subject), len(places))
        message = message_in(row.kind, exact_json.loads(row.content), row.intended_at)
        if message is not None:
            found.append(_Asked(place, row, message))
    return found


def _decided(connection: Connection, asked: Sequence[_Asked]) -> list[tuple[_Asked, Decision]]:
    people = people_of(connection, [(ask.place, ask.row.organization_id, ask.row.subject) for ask in asked])
    connection.execute(sql("sending/lock_people"), {"people": json_text(people)})
    facts = _facts(connection, asked, people)
    sent: dict[tuple[int, str], list[datetime]] = defaultdict(list)
    decided: list[tuple[_Asked, Decision]] = []
    for ask in asked:
        counted = sent[_same(people, ask.place), ask.message.channel]
        known = facts[ask.place, ask.message.channel]
        if known is not None:
            known = replace(known, sent_at=(*known.sent_at, *counted))
        decision = _decide(ask, known)
        if isinstance(decision, Send) and not ask.message.is_transactional:
            counted.append(ask.row.dispatched_at)
        decided.append((ask, decision))
    return decided


def _decide(ask: _Asked, known: Facts | None) -> Decision:
    now = ask.row.dispatched_at
    return Hold(now + UNREADABLE_FOR, _UNREADABLE) if known is None else decide(ask.message, known, now)


def _same(people: People, place: int) -> int:
    """The first place of the same person, who may be asked about as a lead and as a contact at once."""
    own = {_id(row) for row in people if row["place"] == place}
    return min(int(row["place"]) for row in people if _id(row) in own)


def _id(row: dict[str, Any]) -> tuple[str, str]:
    return row["organization_id"], row["subject_id"]


def people_of(connection: Connection, asked: Iterable[tuple[int, str, str]]) -> People:
    """Every legacy row that is the same person as a subject, and the subject itself."""
    rows = {
        place: {
            "place": place,
            "organization_id": organization,
            "subject_table": None,
            "subject_id": subject,
        }
        for place, organization, subject in asked
    }
    found = named_rows(connection, sql("sending/people"), {"asked": json_text(list(rows.values()))})
    return [row._asdict() for row in found]


def _facts(
    connection: Connection, asked: Sequence[_Asked], people: People
) -> dict[tuple[int, str], Facts | None]:
    """By person and channel; None where the organization's policy cannot be read."""
    policies = _policies(connection, {ask.row.organization_id for ask in asked})
    said, places = said_of(connection, people), whereabouts_of(connection, people)
    sent, heard = _sent(connection, asked, people), _heard(connection, asked, people)
    found: dict[tuple[int, str], Facts | None] = {}
    for ask in asked:
        policy, key = policies[ask.row.organization_id], (ask.place, ask.message.channel)
        known = tuple(said[ask.place]), places[ask.place], tuple(sent[key]), heard.get(ask.place)
        found[key] = None if policy is None else Facts(policy, *known)
    return found


def _policies(connection: Connection, organizations: set[str]) -> dict[str, SendPolicy | None]:
    given = {"organizations": sorted(organizations)}
    rows = connection.execute(sql("sending/policies"), given).fetchall()
    return dict.fromkeys(organizations, DEFAULT) | {name: _readable(name, text) for name, text in rows}


def _readable(organization: str, text: str) -> SendPolicy | None:
    try:
        return policy_from_text(text)
    except InputError as cause:
        log.error("a send policy cannot be read", organization=organization, error=cause.fact)
        return None


def said_of(connection: Connection, people: People) -> dict[int, list[Said]]:
    """What every source says now about the consent of people, withdrawals first."""
    found: dict[int, list[Said]] = defaultdict(list)
    for row in named_rows(connection, sql("sending/consents"), {"people": json_text(people)}):
        found[row.place].append(Said(row.channel, row.granted, row.basis, row.effective_at))
    return found


def whereabouts_of(connection: Connection, people: People) -> dict[int, Whereabouts]:
    """What tells where people are."""
    found: dict[int, dict[str, tuple[str, ...]]] = {row["place"]: {} for row in people}
    for row in named_rows(connection, sql("sending/whereabouts"), {"people": json_text(people)}):
        known = found[row.place]
        known[row.source] = (*known.get(row.source, ()), row.value)
    return {place: Whereabouts(**known) for place, known in found.items()}


def _sent(
    connection: Connection, asked: Sequence[_Asked], people: People
) -> dict[tuple[int, str], list[datetime]]:
    since = min(ask.row.dispatched_at for ask in asked) - LOOKED_BACK
    keys = [ask.row.effect_key for ask in asked]
    given = {"people": json_text(people), "since": since, "keys": keys}
    found: dict[tuple[int, str], list[datetime]] = defaultdict(list)
    for row in named_rows(connection, sql("sending/sent"), given):
        found[row.place, CHANNEL_OF[row.kind]].append(row.dispatched_at)
    return found


def _heard(connection: Connection, asked: Sequence[_Asked], people: People) -> dict[int, datetime]:
    free = {ask.place for ask in asked if ask.message.channel == "whatsapp" and not ask.message.is_template}
    if not free:
        return {}
    since = min(ask.row.dispatched_at for ask in asked) - SESSION
    about = json_text([row for row in people if row["place"] in free])
    rows = connection.execute(sql("sending/heard"), {"people": about, "since": since}).fetchall()
    return dict(rows)


def _put_aside(
    connection: Connection, decided: Sequence[tuple[_Asked, Decision]], now: datetime | None
) -> None:
    rows = [_row(place, ask, d) for place, (ask, d) in enumerate(decided) if isinstance(d, Hold | Skip)]
    if rows:
        connection.execute(sql("engine/put_aside_effects"), {"aside": json_text(rows), "now": now})
        connection.execute(sql("engine/notify"))


def _row(place: int, ask: _Asked, decision: Hold | Skip) -> dict[str, Any]:
    aside = put_aside(ask.row.effect_key, decision)
    return {
        "place": place,
        "organization_id": ask.row.organization_id,
        "effect_key": ask.row.effect_key,
        "status": aside.status,
        "until": aside.until,
        "reason": aside.reason,
        "event": event_to_json(aside.event),
    }


def _audit(connection: Connection, decided: Iterable[tuple[_Asked, Decision]]) -> None:
    for ask, decision in decided:
        if isinstance(decision, Send) and decision.exempt_from is not None:
            record(
                connection,
                Subject("effects", ask.row.effect_key),
                actor=ACTOR,
                action="send_transactional",
                reason=f"Exempt as a transactional message from {decision.exempt_from}",
                organization_id=ask.row.organization_id,
            )
