"""Makes the drafts: who owns what, which recipe, how often it ran."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.sample.dice import BEGIN, END, Dice
from atlas_workflows.sample.draft import Counts, Draft
from atlas_workflows.sample.drawing import Drawing
from atlas_workflows.sample.organizations import Organization
from atlas_workflows.sample.recipe import Recipe
from atlas_workflows.sample.recipes import RECIPES
from atlas_workflows.sample.spec import SampleSpec

STATUSES = ("active", "active", "active", "paused", "draft")


def make_drafts(
    spec: SampleSpec, organizations: tuple[Organization, ...], counts: list[Counts]
) -> Iterator[Draft]:
    """Tidy drafts in the order of their number, one per entry of `counts`."""
    for number, runs in enumerate(counts):
        gym = organizations[number % len(organizations)]
        dice = Dice(spec.seed, f"workflow/{number}")
        yield make_draft(dice, number, gym, RECIPES[(number // len(organizations)) % len(RECIPES)], runs)


def make_draft(dice: Dice, number: int, gym: Organization, recipe: Recipe, counts: Counts) -> Draft:
    """One tidy workflow of `gym` after `recipe`."""
    named = _for_gym(recipe, gym)
    drawing = Drawing(dice).draw(named)
    created_at = dice.instant(BEGIN, END - timedelta(days=30))
    return Draft(
        id=dice.uuid(),
        number=number,
        organization=gym,
        organization_id=gym.id,
        recipe=named,
        name=f"{recipe.title} · {gym.name}",
        description=recipe.description,
        status=dice.pick(STATUSES) if counts.total == 0 else "active",
        trigger_type=recipe.trigger,
        trigger_config=named.trigger_config,
        nodes=drawing.nodes,
        edges=drawing.edges,
        variables=dict(named.variables),
        settings=_settings(gym) | dict(named.settings),
        counts=counts,
        created_at=created_at,
        updated_at=dice.instant(created_at, END - timedelta(days=15)),
        last_run_at=None,
        trail=drawing.trail,
    )


def share_out(spec: SampleSpec) -> list[Counts]:
    """How many executions each workflow has; the sum is exact. A few gyms' favourites run far more than the rest."""
    dice = Dice(spec.seed, "share")
    weights = [
        0.0 if dice.chance(0.15) else dice.random.paretovariate(1.6) for _ in range(spec.size.workflows)
    ]
    whole = sum(weights)
    shares = [int(spec.size.executions * weight / whole) for weight in weights]
    shares[weights.index(max(weights))] += spec.size.executions - sum(shares)
    return [_outcomes(dice, share) for share in shares]


def _outcomes(dice: Dice, share: int) -> Counts:
    failed = int(share * dice.random.random() * 0.12)
    cancelled = int(share * 0.02)
    return Counts(share - failed - cancelled, failed, cancelled)


def _settings(gym: Organization) -> dict[str, Any]:
    return {
        "errorHandling": "continue",
        "maxExecutionTime": 300,
        "timezone": gym.timezone,
        "notifications": {"onError": True, "onComplete": False},
    }


def _for_gym(recipe: Recipe, gym: Organization) -> Recipe:
    return Recipe(
        recipe.title,
        recipe.description,
        recipe.trigger,
        name_gym(recipe.trigger_config, gym),
        tuple(name_gym(step, gym) for step in recipe.steps),
        name_gym(dict(recipe.variables), gym),
        recipe.trigger_label,
        recipe.settings,
    )


def name_gym(value: Any, gym: Organization) -> Any:
    """The value with %GYM% and %ZONE% filled in wherever a string holds them."""
    from atlas_workflows.sample.recipe import Step

    match value:
        case str():
            return value.replace("%GYM%", gym.name).replace("%ZONE%", gym.timezone) if "%" in value else value
        case dict():
            return {key: name_gym(item, gym) for key, item in value.items()}
        case list() | tuple():
            return type(value)(name_gym(item, gym) for item in value)
        case Step():
            return Step(
                value.type,
                value.action,
                value.label,
                name_gym(value.config, gym),
                name_gym(value.yes, gym),
                name_gym(value.no, gym),
                value.generation,
                value.handles,
            )
    return value


def json_text(value: Any) -> str:
    return exact_json.dumps_text(value)
