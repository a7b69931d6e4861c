"""What shape B keeps per organization beside its workflows: templates, code snippets and variables."""

from collections.abc import Iterator
from datetime import timedelta

from atlas_workflows import exact_json
from atlas_workflows.sample.dice import BEGIN, Dice, timestamp
from atlas_workflows.sample.drawing import Drawing
from atlas_workflows.sample.organizations import Organization
from atlas_workflows.sample.recipe import Recipe
from atlas_workflows.sample.recipes import BIRTHDAY, ONBOARDING, WELCOME, WIN_BACK
from atlas_workflows.sample.rows import Row, boolean
from atlas_workflows.sample.shape_b import variable_array
from atlas_workflows.sample.workflows import name_gym

TEMPLATES: tuple[tuple[Recipe, str], ...] = (
    (WELCOME, "lead_nurture"),
    (ONBOARDING, "client_onboarding"),
    (WIN_BACK, "retention"),
    (BIRTHDAY, "custom"),
)
_SNIPPETS = (
    ("Full name", "return `${input.first_name} ${input.last_name}`;", ["first_name", "last_name"], ["name"]),
    ("Days since", "return Math.floor((Date.now() - Date.parse(input.at)) / 864e5);", ["at"], ["days"]),
)


def template_id(seed: int, gym: int, number: int) -> str:
    """The id of a gym's template; workflows refer to it before the templates are written."""
    return Dice(seed, f"template/{gym}/{number}").uuid()


def template_rows(seed: int, organizations: tuple[Organization, ...]) -> Iterator[Row]:
    """Every gym has its four; those of the first gym are public."""
    for gym in organizations:
        for number, (recipe, category) in enumerate(TEMPLATES):
            drawing = Drawing(Dice(seed, f"template-drawing/{gym.number}/{number}")).draw(recipe)
            parts = {
                "nodes": drawing.nodes,
                "edges": drawing.edges,
                "variables": variable_array(recipe.variables),
            }
            yield {
                "id": template_id(seed, gym.number, number),
                "organization_id": gym.id,
                "name": recipe.title,
                "description": recipe.description,
                "category": category,
                "icon": "zap",
                "workflow_data": exact_json.dumps_text(name_gym(parts, gym)),
                "is_public": boolean(gym.number == 0),
                "usage_count": str(gym.number % 5),
                "created_by": gym.staff[0].id,
                "created_at": timestamp(BEGIN),
                "updated_at": timestamp(BEGIN + timedelta(days=number)),
            }


def snippet_rows(seed: int, organizations: tuple[Organization, ...]) -> Iterator[Row]:
    dice = Dice(seed, "snippets")
    for gym in organizations:
        for name, code, inputs, outputs in _SNIPPETS:
            yield {
                "id": dice.uuid(),
                "organization_id": gym.id,
                "name": name,
                "description": f"Used by {gym.name}",
                "code": code,
                "input_variables": exact_json.dumps_text(inputs),
                "output_variables": exact_json.dumps_text(outputs),
                "is_shared": boolean(gym.number == 0),
                "created_by": gym.staff[1].id,
            }


def variable_rows(seed: int, organizations: tuple[Organization, ...]) -> Iterator[Row]:
    """Organization-wide variables; one of them is a secret, in clear as in the source."""
    dice = Dice(seed, "variables")
    for gym in organizations:
        values = (
            ("gym_name", "string", gym.name, False),
            ("opening_hour", "number", 6, False),
            ("free_trial", "boolean", True, False),
            ("locations", "array", ["Main"], False),
            ("booking_api_key", "string", f"fake-booking-key-{gym.number:04d}", True),
        )
        for name, kind, value, is_secret in values:
            yield {
                "id": dice.uuid(),
                "organization_id": gym.id,
                "name": name,
                "type": kind,
                "default_value": exact_json.dumps_text(value),
                "is_secret": boolean(is_secret),
            }
