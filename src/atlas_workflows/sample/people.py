"""Leads, clients, contacts, tasks and messages of each gym, all with made-up names and reserved numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from atlas_workflows import exact_json
from atlas_workflows.sample.dice import BEGIN, END, Dice, timestamp
from atlas_workflows.sample.organizations import FIRST_NAMES, LAST_NAMES, Organization
from atlas_workflows.sample.rows import Row, boolean
from atlas_workflows.sample.spec import SampleSpec, Shape

SOURCES = ("website", "facebook", "referral", "walk-in", "manual")
STATUSES = ("new", "contacted", "qualified", "converted", "lost")
TAGS = ("engaged", "at-risk", "win-back", "renewal", "shop", "vip")


@dataclass(frozen=True, slots=True)
class Lead:
    """Somebody who may become a member."""

    id: str
    organization: Organization
    number: int
    first_name: str
    last_name: str
    status: str
    source: str
    score: int
    created_at: datetime

    @property
    def email(self) -> str:
        return f"lead{self.number}@people-{self.organization.number + 1}.example"

    @property
    def phone(self) -> str:
        # Ofcom keeps +44 7700 900000–900999 free for fiction; the gym's number makes it unique.
        return f"+447700900{self.number % 1000:03d}{self.organization.number:04d}"


def make_leads(spec: SampleSpec, organizations: tuple[Organization, ...]) -> dict[str, tuple[Lead, ...]]:
    """Leads by organization id."""
    return {
        gym.id: _leads(Dice(spec.seed, f"people/{gym.number}"), gym, spec.size.people)
        for gym in organizations
    }


def lead_rows(leads: Iterator[Lead], shape: Shape) -> Iterator[Row]:
    form = (
        _first_form
        if shape is Shape.A
        else _third_form
        if shape in (Shape.B, Shape.D, Shape.E)
        else _second_form
    )
    for lead in leads:
        times = {"created_at": timestamp(lead.created_at), "updated_at": timestamp(lead.created_at)}
        yield {"id": lead.id, **form(lead), **times}


def client_rows(leads: Iterator[Lead], seed: int) -> Iterator[Row]:
    dice = Dice(seed, "clients")
    for lead in leads:
        if lead.status == "converted":
            yield {
                "id": dice.uuid(),
                "organization_id": lead.organization.id,
                "lead_id": lead.id,
                "name": f"{lead.first_name} {lead.last_name}",
                "email": lead.email,
                "phone": lead.phone,
                "status": "active" if dice.chance(0.85) else "inactive",
                "tags": exact_json.dumps_text([dice.pick(TAGS)] if dice.chance(0.5) else []),
                "created_at": timestamp(lead.created_at),
                "updated_at": timestamp(lead.created_at),
            }


def contact_rows(leads: Iterator[Lead], seed: int, *, with_organization: bool) -> Iterator[Row]:
    """One in twelve has unsubscribed; opt-ins vary by channel."""
    dice = Dice(seed, "contacts")
    for lead in leads:
        left = dice.chance(1 / 12)
        row: dict[str, str | None] = {
            "id": dice.uuid(),
            "phone": lead.phone,
            "email": lead.email,
            "first_name": lead.first_name,
            "last_name": lead.last_name,
            "lead_id": lead.id,
            "sms_opt_in": boolean(dice.chance(0.9)),
            "whatsapp_opt_in": boolean(dice.chance(0.8)),
            "email_opt_in": boolean(not left),
            "unsubscribed_at": timestamp(dice.instant(lead.created_at, END)) if left else None,
            "tags": "{" + dice.pick(TAGS) + "}" if dice.chance(0.4) else "{}",
            "created_at": timestamp(lead.created_at),
            "updated_at": timestamp(lead.created_at),
        }
        if with_organization:
            row["organization_id"] = lead.organization.id
        yield row


def task_rows(leads: Iterator[Lead], seed: int) -> Iterator[Row]:
    dice = Dice(seed, "tasks")
    for lead in leads:
        if dice.chance(0.3):
            yield {
                "id": dice.uuid(),
                "organization_id": lead.organization.id,
                "lead_id": lead.id,
                "assigned_to": dice.pick(lead.organization.staff).id,
                "priority": dice.pick(("low", "medium", "high")),
                "title": f"Call {lead.first_name}",
                "due_date": timestamp(lead.created_at + timedelta(days=2)),
                "status": dice.pick(("pending", "in_progress", "completed")),
                "created_at": timestamp(lead.created_at),
            }


def message_rows(leads: Iterator[Lead], seed: int, *, second_form: bool) -> Iterator[Row]:
    dice = Dice(seed, "messages")
    for lead in leads:
        message_id, body = dice.uuid(), f"Hi {lead.first_name}, welcome to {lead.organization.name}!"
        if second_form:
            whose = {"org_id": lead.organization.id, "recipient": lead.phone, "channel": "sms"}
        else:
            staff = lead.organization.staff[0].id
            whose = {"organization_id": lead.organization.id, "lead_id": lead.id, "user_id": staff}
            whose |= {"type": "sms", "direction": "outbound", "to_number": lead.phone}
        yield {
            "id": message_id,
            **whose,
            "body": body,
            "status": "delivered",
            "created_at": timestamp(lead.created_at),
        }


def _leads(dice: Dice, gym: Organization, count: int) -> tuple[Lead, ...]:
    return tuple(
        Lead(
            dice.uuid(),
            gym,
            number,
            dice.pick(FIRST_NAMES),
            dice.pick(LAST_NAMES),
            dice.pick(STATUSES),
            dice.pick(SOURCES),
            dice.number(0, 100),
            dice.instant(BEGIN, END - timedelta(days=1)),
        )
        for number in range(count)
    )


def _first_form(lead: Lead) -> dict[str, str | None]:
    return {
        "name": f"{lead.first_name} {lead.last_name}",
        "email": lead.email,
        "phone": lead.phone,
        "source": lead.source,
        "status": lead.status,
        "organization_id": lead.organization.id,
    }


def _second_form(lead: Lead) -> dict[str, str | None]:
    return _named(lead) | {"org_id": lead.organization.id, "phone": lead.phone, "tags": "{}"}


def _third_form(lead: Lead) -> dict[str, str | None]:
    return _named(lead) | {"organization_id": lead.organization.id, "phone_number": lead.phone}


def _named(lead: Lead) -> dict[str, str | None]:
    return {
        "first_name": lead.first_name,
        "last_name": lead.last_name,
        "email": lead.email,
        "source": lead.source,
        "status": lead.status,
        "score": str(lead.score),
    }
