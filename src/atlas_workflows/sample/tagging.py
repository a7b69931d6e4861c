"""Who carries which tag, and the message templates that node settings name by slug or id."""

from collections.abc import Iterator

from atlas_workflows.sample.dice import BEGIN, Dice, timestamp
from atlas_workflows.sample.organizations import Organization
from atlas_workflows.sample.people import TAGS, Lead
from atlas_workflows.sample.rows import Row

TEMPLATES = (
    (
        "welcome-offer",
        "email",
        "Welcome to {{organization_name}}",
        "Hi {{first_name}}, your first class is on us.",
    ),
    ("class-reminder", "sms", None, "Hi [first_name], your class at [organization_name] starts soon."),
    ("booking_confirmed", "whatsapp", None, "Booked: {{1}}, {{2}}"),
)


def tag_id(seed: int, gym: Organization, name: str) -> str:
    return Dice(seed, f"tag/{gym.number}/{name}").uuid()


def tag_rows(organizations: tuple[Organization, ...], seed: int) -> Iterator[Row]:
    for gym in organizations:
        for name in TAGS:
            yield {
                "id": tag_id(seed, gym, name),
                "organization_id": gym.id,
                "name": name,
                "created_at": timestamp(BEGIN),
            }


def lead_tag_rows(leads: Iterator[Lead], seed: int) -> Iterator[Row]:
    """About every third lead carries a tag."""
    dice = Dice(seed, "lead_tags")
    for lead in leads:
        name = dice.pick(TAGS)
        if dice.chance(0.35):
            yield {
                "id": dice.uuid(),
                "organization_id": lead.organization.id,
                "lead_id": lead.id,
                "tag_id": tag_id(seed, lead.organization, name),
                "created_at": timestamp(lead.created_at),
            }


def template_rows(organizations: tuple[Organization, ...], seed: int) -> Iterator[Row]:
    dice = Dice(seed, "message_templates")
    for gym in organizations:
        for name, channel, subject, body in TEMPLATES:
            yield {
                "id": dice.uuid(),
                "organization_id": gym.id,
                "name": name,
                "channel": channel,
                "subject": subject,
                "body": body,
                "created_at": timestamp(BEGIN),
            }
