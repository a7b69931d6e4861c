"""The gyms and the people who work in them, and how their tables' rows read."""

from collections.abc import Iterator
from dataclasses import dataclass

from atlas_workflows import exact_json
from atlas_workflows.sample.dice import BEGIN, Dice, timestamp
from atlas_workflows.sample.rows import Row
from atlas_workflows.sample.spec import SampleSpec

GYMS = (
    ("Harbour Gym", "Europe/London", "GBP"),
    ("Łódź Iron Works", "Europe/Warsaw", "PLN"),
    ("Brooklyn Barbell Club", "America/New_York", "USD"),
    ("Força & Forma", "America/Sao_Paulo", "BRL"),
    ("東京ストレングス", "Asia/Tokyo", "JPY"),
    ("نادي القوة", "Africa/Cairo", "EGP"),
    ("Zürich 24 Kraftraum 🏋🏽‍♀️", "Europe/Zurich", "CHF"),
    ("Lord Howe Surf Fit", "Australia/Lord_Howe", "AUD"),
    ("Ñandú CrossFit", "America/Argentina/Buenos_Aires", "ARS"),
    ("Ångström Athletics", "Europe/Stockholm", "SEK"),
    ("शक्ति जिम", "Asia/Kolkata", "INR"),
    ("Kia Kaha Fitness", "Pacific/Auckland", "NZD"),
    ("O’Connell’s Boxing", "Europe/Dublin", "EUR"),
    ("Čačak Power", "Europe/Belgrade", "RSD"),
    ("St. John’s Conditioning", "America/St_Johns", "CAD"),
    ("Nairobi Strength", "Africa/Nairobi", "KES"),
)
FIRST_NAMES = (
    "Zoë",
    "Amir",
    "Łucja",
    "Tom",
    "Ngozi",
    "Björn",
    "Mei",
    "Inés",
    "Olga",
    "Sam",
    "Renée",
    "Kofi",
    "Aoife",
)
LAST_NAMES = (
    "O’Neill",
    "Nowak",
    "Şahin",
    "García",
    "Smith",
    "Müller",
    "Tanaka",
    "Adeyemi",
    "de Vries",
    "Khan",
    "Žižka",
)
# The tenant that the old /api/workflows wrote into everything saved through it.
HARD_CODED = "7d9b2c1e-0000-4000-8000-00000a71a5f1"
PLANS = ("starter", "pro", "enterprise")


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the old application."""

    id: str
    first_name: str
    last_name: str
    email: str
    role: str


@dataclass(frozen=True, slots=True)
class Organization:
    """A gym, its zone and its staff (the first is the owner)."""

    id: str
    number: int
    name: str
    slug: str
    timezone: str
    currency: str
    plan: str
    staff: tuple[Person, ...]


def make_organizations(spec: SampleSpec) -> tuple[Organization, ...]:
    return tuple(
        _organization(Dice(spec.seed, f"organization/{n}"), n) for n in range(spec.size.organizations)
    )


def organization_rows(organizations: tuple[Organization, ...]) -> Iterator[Row]:
    for gym in organizations:
        yield {
            "id": gym.id,
            "name": gym.name,
            "slug": gym.slug,
            "subdomain": gym.slug,
            "plan": gym.plan,
            "status": "active",
            "settings": exact_json.dumps_text({"locale": "en", "brand": gym.name}),
            "owner_id": gym.staff[0].id,
            "timezone": gym.timezone,
            "currency_code": gym.currency,
            "created_at": timestamp(BEGIN),
            "updated_at": timestamp(BEGIN),
        }


def identity_rows(organizations: tuple[Organization, ...]) -> Iterator[Row]:
    """auth.users: the metadata that shape B's policies trust."""
    for gym, person in _staff(organizations):
        metadata = exact_json.dumps_text({"organization_id": gym.id, "full_name": person.first_name})
        yield {
            "id": person.id,
            "email": person.email,
            "raw_user_meta_data": metadata,
            "created_at": timestamp(BEGIN),
        }


def user_rows(organizations: tuple[Organization, ...]) -> Iterator[Row]:
    for gym, person in _staff(organizations):
        yield {
            "id": person.id,
            "email": person.email,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "organization_id": gym.id,
            "created_at": timestamp(BEGIN),
        }


def user_organization_rows(organizations: tuple[Organization, ...], seed: int) -> Iterator[Row]:
    dice = Dice(seed, "user_organizations")
    for gym, person in _staff(organizations):
        yield {
            "id": dice.uuid(),
            "user_id": person.id,
            "organization_id": gym.id,
            "role": person.role,
            "is_active": "f" if dice.chance(0.05) and person.role != "owner" else "t",
            "created_at": timestamp(BEGIN),
        }


def staff_rows(organizations: tuple[Organization, ...], seed: int) -> Iterator[Row]:
    """organization_staff; the last of each gym has been invited only, so its user_id is the word pending."""
    dice = Dice(seed, "organization_staff")
    roles = {"owner": "owner", "admin": "manager", "member": "trainer", "staff": "staff"}
    for gym, person in _staff(organizations):
        yield {
            "id": dice.uuid(),
            "organization_id": gym.id,
            "user_id": "pending" if person is gym.staff[-1] else person.id,
            "email": person.email,
            "phone_number": f"+44770090{gym.number:04d}",
            "role": roles[person.role],
            "is_available": "t",
            "created_at": timestamp(BEGIN),
        }


def member_rows(organizations: tuple[Organization, ...]) -> Iterator[Row]:
    roles = {"owner": "owner", "admin": "admin", "member": "coach", "staff": "staff"}
    for gym, person in _staff(organizations):
        yield {
            "user_id": person.id,
            "org_id": gym.id,
            "role": roles[person.role],
            "permissions": exact_json.dumps_text({"workflows": person.role in ("owner", "admin")}),
            "created_at": timestamp(BEGIN),
        }


def auth_user_rows(organizations: tuple[Organization, ...]) -> Iterator[Row]:
    return ({"auth_id": person.id, "organization_id": gym.id} for gym, person in _staff(organizations))


def _staff(organizations: tuple[Organization, ...]) -> Iterator[tuple[Organization, Person]]:
    return ((gym, person) for gym in organizations for person in gym.staff)


def _organization(dice: Dice, number: int) -> Organization:
    name, zone, currency = GYMS[number % len(GYMS)]
    branch = number // len(GYMS)
    return Organization(
        id=dice.uuid() if number else HARD_CODED,
        number=number,
        name=f"{name} {branch + 1}" if branch else name,
        slug=f"gym-{number + 1}",
        timezone=zone,
        currency=currency,
        plan=dice.pick(PLANS),
        staff=tuple(_person(dice, number, role) for role in ("owner", "admin", "member", "staff")),
    )


def _person(dice: Dice, gym: int, role: str) -> Person:
    return Person(
        id=dice.uuid(),
        first_name=dice.pick(FIRST_NAMES),
        last_name=dice.pick(LAST_NAMES),
        email=f"{role}@gym-{gym + 1}.example",
        role=role,
    )
