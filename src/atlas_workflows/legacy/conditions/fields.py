"""Legacy names of fields and variables as canonical paths: `firstName`, `lead.firstName`, `{{client.email}}` …"""

import re
from functools import lru_cache

from atlas_workflows.errors import ExpressionInvalid
from atlas_workflows.expressions.limits import MAX_PATH_CHARACTERS
from atlas_workflows.expressions.paths import Path, parse_path, print_path

CONTACT, ORGANIZATION, USER, APPOINTMENT = "contact", "organization", "user", "appointment"

# Only spellings that can mean nothing else; a coach may be the user or not, a company the gym's or the contact's.
_ROOTS = {
    CONTACT: ("contact", "lead", "client", "customer", "member"),
    "trigger": ("trigger", "triggerData", "trigger_data"),
    ORGANIZATION: ("organization", "organisation", "org", "gym"),
    USER: ("user",),
    APPOINTMENT: ("appointment",),
    "variables": ("variables", "vars"),
    "nodes": ("nodes", "steps"),
    "item": ("item", "currentItem", "current_item"),
    "now": ("now",),
}
ROOT_OF = {alias: root for root, aliases in _ROOTS.items() for alias in aliases}
# Wrappers of the old engines' context that say nothing about whose field it is.
_WRAPPERS = frozenset({"context", "data", "input", "inputData", "input_data"})

# Columns of the CRM's person tables under every spelling that occurs.
_CONTACT_COLUMNS = """
    id name first_name last_name email phone source status stage score temperature tags city country
    postcode address birthday date_of_birth gender notes metadata assigned_to created_at updated_at
    last_contacted_at last_activity last_activity_at last_visit_at custom_fields field_data form_name
    campaign_name page_id form_id lead_id client_id organization_id user_id membership_status
    membership_type membership_ends_at sms_opt_in email_opt_in whatsapp_opt_in unsubscribed_at utm_data
    ai_insights
"""
_CONTACT_ALIASES = {
    "lead_score": "score",
    "leadScore": "score",
    "full_name": "name",
    "fullName": "name",
    "phone_number": "phone",
    "phoneNumber": "phone",
    "email_address": "email",
    "emailAddress": "email",
    "lead_status": "status",
    "leadStatus": "status",
    "lead_source": "source",
    "leadSource": "source",
    "contact_name": "name",
    "lead_name": "name",
    "client_name": "name",
    "member_name": "name",
    "org_id": "organization_id",
}
_OTHER_COLUMNS = """
    name slug subdomain plan status settings timezone currency_code phone email address website first_name
    last_name role starts_at ends_at start_time end_time appointment_type class_name location title
    created_at updated_at only_start_time only_start_date
"""


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _spellings(columns: str) -> dict[str, str]:
    return {spelling: column for column in columns.split() for spelling in (column, _camel(column))}


CONTACT_FIELDS = _spellings(_CONTACT_COLUMNS) | _CONTACT_ALIASES
_FIELDS_OF = {CONTACT: CONTACT_FIELDS} | dict.fromkeys(
    (ORGANIZATION, USER, APPOINTMENT), _spellings(_OTHER_COLUMNS)
)
# What an event and its lead were called by when they were spread over the variables: these names meant the lead, also
# where a variable had the same one. A field that no lead has (a city, a birthday) fell through to the variable.
_LEAD_COLUMNS = """
    id name first_name last_name email phone source status stage score tags assigned_to form_name campaign_name
    page_id form_id field_data lead_id organization_id metadata created_at updated_at user_id utm_data ai_insights
"""
LEAD_NAMES = frozenset(_spellings(_LEAD_COLUMNS)) | {"phone_number", "phoneNumber", "lead_score", "leadScore"}
EVENT_OBJECTS = frozenset({"lead", "contact", "trigger", "triggerData", "trigger_data"})
_BRACES = re.compile(r"\{\{\s*(.*?)\s*\}\}")


def translate_field(
    text: object, *, root: str = CONTACT, variables: frozenset[str] = frozenset()
) -> str | None:
    """The canonical path a legacy field name means, or None where it is no path, or a path into something unknown.

    A bare name that no event and no lead has is the workflow's own variable where `variables` has it, else a field of
    `root`.
    """
    if not isinstance(text, str) or len(text) > MAX_PATH_CHARACTERS:
        return None
    return _translated(text, root, variables)


@lru_cache(maxsize=4096)
def _translated(text: str, root: str, variables: frozenset[str]) -> str | None:
    braces = _BRACES.fullmatch(text.strip())
    try:
        path = parse_path((braces[1] if braces else text).strip())
    except ExpressionInvalid:
        return None
    found = canonical(path, root=root, variables=variables)
    return None if found is None else print_path(found)


def canonical(path: Path, *, root: str = CONTACT, variables: frozenset[str] = frozenset()) -> Path | None:
    """`translate_field` on a parsed path."""
    first, rest = str(path[0]), path[1:]
    if is_variable(first, variables):
        return ("variables", *path)
    if rest and first in _WRAPPERS:
        return canonical(rest, root=root, variables=variables) if str(rest[0]) in ROOT_OF else None
    known = ROOT_OF.get(first)
    if known is not None and (rest or known in ("now", "item")):
        return (known, *_known_column(known, rest))
    if rest and root == CONTACT and first not in CONTACT_FIELDS:
        return None  # nobody knows whose member this is
    return (root, *_known_column(root, path))


def is_variable(name: str, variables: frozenset[str]) -> bool:
    """Whether a bare name means one of the workflow's variables: the event and its lead come before them."""
    return name in variables and name not in LEAD_NAMES and name not in EVENT_OBJECTS


def _known_column(root: str, path: Path) -> Path:
    if not path:
        return path
    column = _FIELDS_OF.get(root, {}).get(str(path[0]))
    return path if column is None else (column, *path[1:])
