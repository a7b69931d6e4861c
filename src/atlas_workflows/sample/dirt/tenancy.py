"""Sections 9.8 and 9.9: organizations that are missing, unknown or wrong, and contradictory states."""

from atlas_workflows.sample.dice import Dice
from atlas_workflows.sample.draft import Draft
from atlas_workflows.sample.organizations import HARD_CODED
from atlas_workflows.sample.recipe import Recipe
from atlas_workflows.sample.spec import Shape, Variant
from atlas_workflows.sample.specimen import ALL_SHAPES, LINEAR_SHAPES, Change, CoverageClass, Specimen, recipe

A, B = frozenset({Shape.A}), frozenset({Shape.B})
BOTH = A | B
PATCH_MISSING = frozenset({Variant.NO_ORGANIZATION})
# Shapes C to F never had a foreign key to organizations in what we know of them.
WITHOUT_KEY = B | LINEAR_SHAPES


def _missing(draft: Draft, _: Dice) -> None:
    draft.organization_id = None


def _unknown(draft: Draft, dice: Dice) -> None:
    draft.organization_id = dice.uuid()


def _is_user(draft: Draft, _: Dice) -> None:
    draft.organization_id = draft.organization.staff[2].id


def _hard_coded(draft: Draft, _: Dice) -> None:
    draft.organization_id = HARD_CODED


def _status(value: str | None) -> Change:
    def change(draft: Draft, _: Dice) -> None:
        draft.status = value

    return change


def _active_without_nodes(draft: Draft, _: Dice) -> None:
    draft.status, draft.nodes, draft.edges = "active", [], []


def _recipe(code: str) -> Recipe:
    return recipe(f"Whose am I: {code.partition(':')[2].replace('_', ' ')}")


_SAVED = tuple(f"9.8:hard_coded_tenant_{number}" for number in (1, 2))
SPECIMENS = (
    Specimen(
        ("9.8:organization_null",), _recipe("9.8:organization_null"), _missing, A, excluded=PATCH_MISSING
    ),
    Specimen(("9.8:organization_unknown",), _recipe("9.8:organization_unknown"), _unknown, WITHOUT_KEY),
    Specimen(("9.8:organization_is_user",), _recipe("9.8:organization_is_user"), _is_user, WITHOUT_KEY),
    *(Specimen((code,), _recipe(code), _hard_coded, ALL_SHAPES, excluded=PATCH_MISSING) for code in _SAVED),
    Specimen(("9.9:status_null",), _recipe("9.9:status_null"), _status(None), BOTH),
    Specimen(("9.9:status_inactive",), _recipe("9.9:status_inactive"), _status("inactive"), BOTH),
    Specimen(("9.9:status_archived",), _recipe("9.9:status_archived"), _status("archived"), B),
    Specimen(("9.9:active_without_nodes",), _recipe("9.9:active_without_nodes"), _active_without_nodes, BOTH),
)
CLASSES = (
    CoverageClass("9.8:organization_null", where="organization_id IS NULL", shapes=A, excluded=PATCH_MISSING),
    CoverageClass(
        "9.8:organization_unknown",
        where="{tenant} NOT IN (SELECT id FROM public.organizations UNION ALL SELECT id FROM auth.users)",
        shapes=WITHOUT_KEY,
    ),
    CoverageClass(
        "9.8:organization_is_user", where="{tenant} IN (SELECT id FROM auth.users)", shapes=WITHOUT_KEY
    ),
    *(
        CoverageClass(code, where=f"{{tenant}} = '{HARD_CODED}'", shapes=ALL_SHAPES, excluded=PATCH_MISSING)
        for code in _SAVED
    ),
    CoverageClass("9.9:status_null", where="status IS NULL", shapes=BOTH),
    CoverageClass("9.9:status_inactive", where="status = 'inactive'", shapes=BOTH),
    CoverageClass("9.9:status_archived", where="status = 'archived'", shapes=B),
    CoverageClass(
        "9.9:active_without_nodes",
        where="status = 'active' AND nodes = '[]'",
        where_b="status = 'active' AND workflow_data -> 'nodes' = '[]'",
        shapes=BOTH,
    ),
)
