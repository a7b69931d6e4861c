"""Whether a condition holds for a member or for given values, part by part, by the engine's one truth table."""

from typing import Annotated, Any

from fastapi import Depends
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.exact import reply
from atlas_workflows.api.manners.problems import invalid
from atlas_workflows.api.manners.routing import EDITS, api_router
from atlas_workflows.api.schemas.conditions import Answer, ConditionQuestion
from atlas_workflows.expressions.evaluate import Explanation, explain
from atlas_workflows.expressions.paths import MISSING
from atlas_workflows.integrations.crm.contact import read_contact

ROUTER = api_router("conditions")


@ROUTER.post("/conditions/explain", response_model=Answer)
def explain_condition(reader: Annotated[Tenant, Depends(EDITS)], body: ConditionQuestion) -> Response:
    """The condition's answer with the values that it saw. Nothing is stored."""
    scope, known = dict(body.scope), None
    if body.member is not None:
        if "contact" in scope:
            raise invalid("member", "The scope has a contact already.", "Name a member or a contact.")
        with reader.deciding() as connection:
            contact = read_contact(connection, reader.organization, body.member)
        known = contact is not None
        scope |= {} if contact is None else {"contact": contact}
    found = explain(body.condition, scope, now=reader.now, timezone=body.timezone)
    told = {"holds": found.holds, "member_known": known, "explanation": _part(found)}
    return reply(Answer, told)


def _part(found: Explanation) -> dict[str, Any]:
    missing = found.actual is MISSING
    return {
        "holds": found.holds, "operator": found.operator, "field": found.field, "found": not missing,
        "actual": None if missing else _shown(found.actual), "expected": _shown(found.expected),
        "members": [_part(member) for member in found.members],
    }  # fmt: skip


def _shown(value: Any) -> Any:
    """A value as JSON; what is none, such as an unreadable one, in words."""
    if isinstance(value, dict):
        return {str(key): _shown(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value]
    plain = value is None or isinstance(value, str | int | float | bool) or type(value).__name__ == "Decimal"
    return value if plain else str(value)
