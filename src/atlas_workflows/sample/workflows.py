"""Makes the drafts: who owns what, which recipe, how often it ran."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from atlas_workflows.sample.coverage import specimens_for
from atlas_workflows.sample.dice import BEGIN, END, Dice
from atlas_workflows.sample.dirt.content import embed_image
from atlas_workflows.sample.draft import Counts, Draft
from atlas_workflows.sample.drawing import Drawing
from atlas_workflows.sample.organizations import Organization
from atlas_workflows.sample.recipe import Recipe, Step
from atlas_workflows.sample.recipes import RECIPES
from atlas_workflows.sample.spec import SampleSpec
from atlas_workflows.sample.specimen import Specimen

# The workflow of size L whose e-mail holds a picture of over 10 MB; it is no edited one, so there is one copy.
GIANT_NUMBER = 1
STATUSES = ("active", "active", "active", "paused", "draft")


def line_up(spec: SampleSpec) -> list[Specimen | None]:
    """Which workflow shows what: None is a tidy one. Every specimen comes once, then at random among tidy ones."""
    if not spec.messy:
        return [None] * spec.size.workflows
    specimens, dice = specimens_for(spec), Dice(spec.seed, "line-up")
    planted: list[Specimen | None] = list(specimens[: spec.size.workflows])
    return planted + [
        dice.pick(specimens) if dice.chance(0.4) else None for _ in range(spec.size.workflows - len(planted))
    ]


def make_drafts(spec: SampleSpec, organizations: tuple[Organization, ...]) -> Iterator[Draft]:
    """Drafts in the order of their number."""
    line = line_up(spec)
    gyms = len(organizations)
    for number, (specimen, counts) in enumerate(zip(line, share_out(spec, line), strict=True)):
        gym, dice = organizations[number % gyms], Dice(spec.seed, f"workflow/{number}")
        plain = RECIPES[(number // gyms) % len(RECIPES)]
        draft = make_draft(dice, number, gym, specimen.recipe if specimen else plain, counts)
        if specimen is not None:
            _spoil(draft, specimen, dice)
        if number == GIANT_NUMBER and spec.size.giant_bytes:
            embed_image(draft, dice, spec.size.giant_bytes)
        yield draft


def _spoil(draft: Draft, specimen: Specimen, dice: Dice) -> None:
    draft.name = specimen.recipe.title
    draft.shows = specimen.shows
    draft.spoil_history = specimen.history
    if specimen.change is not None:
        specimen.change(draft, dice)


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


def share_out(spec: SampleSpec, line: list[Specimen | None]) -> list[Counts]:
    """How many executions each workflow has; the sum is exact. A few gyms' favourites run far more than the rest."""
    dice = Dice(spec.seed, "share")
    weights = [_weight(dice, specimen) for specimen in line]
    whole = sum(weights)
    shares = [int(spec.size.executions * weight / whole) for weight in weights]
    shares[weights.index(max(weights))] += spec.size.executions - sum(shares)
    return [_outcomes(dice, share) for share in shares]


def _weight(dice: Dice, specimen: Specimen | None) -> float:
    weight = 0.0 if dice.chance(0.15) else dice.random.paretovariate(1.6)
    if specimen is None:
        return weight
    return 0.0 if specimen.never_ran else max(weight, 1.0)


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
