"""Sections 8.3, 9.12 and 9.13: variables, tags and template references that do not fit."""

from typing import Any

from atlas_workflows.sample.dice import Dice
from atlas_workflows.sample.draft import Draft
from atlas_workflows.sample.spec import Shape
from atlas_workflows.sample.specimen import Change, CoverageClass, Specimen, recipe

A, B = frozenset({Shape.A}), frozenset({Shape.B})
BOTH = A | B

_TYPED = [
    {"name": "greeting", "type": "text", "value": "Hi"},
    {"name": "desk", "type": "email", "value": "desk@gym.example"},
    {"name": "shade", "type": "colour", "value": "red"},
]
_TYPES = {"9.12:type_text": "text", "9.12:type_email": "email", "9.12:type_unknown": "colour"}
# code -> (variables as an array, text that shows it)
_ARRAYS: dict[str, tuple[list[Any], str]] = {
    "9.12:duplicate_names": (
        [{"name": "offer", "type": "string", "value": "A"}, {"name": "offer", "type": "string"}],
        '"name": "offer"',
    ),
    "9.12:type_any": ([{"name": "thing", "type": "any", "value": None}], '"type": "any"'),
    "9.12:empty_name": ([{"name": "", "type": "string", "value": "lost"}], '"name": ""'),
    "9.12:odd_names": (
        [
            {"name": "gym name", "type": "string", "value": "x"},
            {"name": "gym.name", "type": "string", "value": "y"},
        ],
        '"name": "gym name"',
    ),
    "9.12:secret_in_clear": (
        [{"name": "api_key", "type": "string", "value": "fake-api-key-0007", "isSecret": True}],
        "fake-api-key-0007",
    ),
    "9.12:sensitive_in_clear": (
        [
            {
                "name": "smtp_password",
                "type": "string",
                "default_value": "fake-smtp-0008",
                "is_sensitive": True,
            }
        ],
        "fake-smtp-0008",
    ),
    "9.12:required_yes": ([{"name": "offer", "type": "string", "required": "yes"}], '"required": "yes"'),
    "8.3:default_aliases": (
        [
            {"id": "v1", "name": "a", "type": "number", "defaultValue": 1, "is_required": True},
            {"id": "v2", "name": "b", "type": "object", "default_value": {"x": [1]}, "scope": "execution"},
        ],
        '"defaultValue": 1',
    ),
}
_TAGS: dict[str, tuple[Any, str]] = {
    "9.13:tags_string": ("welcome,email", "workflow_data ->> 'tags' = 'welcome,email'"),
    "9.13:tags_with_nulls": (["welcome", None, ""], "workflow_data -> 'tags' -> 1 = 'null'"),
    "9.13:tags_empty": ([], "workflow_data -> 'tags' = '[]'"),
}


def _variables(value: list[Any]) -> Change:
    def change(draft: Draft, _: Dice) -> None:
        draft.variables = value

    return change


def _tags(value: Any) -> Change:
    def change(draft: Draft, _: Dice) -> None:
        draft.extra_data["tags"] = value

    return change


def _odd_object(draft: Draft, _: Dice) -> None:
    draft.variables = {"": "empty", "gym name": "Harbour", "gym.name": "Harbour", "big": 2**60}


def _template_nowhere(draft: Draft, dice: Dice) -> None:
    draft.template_id = dice.uuid()


SPECIMENS = (
    Specimen(tuple(_TYPES), recipe("Variables of types that do not exist"), _variables(_TYPED)),
    *(
        Specimen((code,), recipe(f"Variables: {code.partition(':')[2].replace('_', ' ')}"), _variables(value))
        for code, (value, _) in _ARRAYS.items()
    ),
    *(Specimen((code,), recipe(f"Tags: {code[5:]}"), _tags(value), B) for code, (value, _) in _TAGS.items()),
    Specimen(("9.12:odd_object_keys",), recipe("Variables with odd names"), _odd_object, A),
    Specimen(("9.13:template_nowhere",), recipe("From a lost template"), _template_nowhere, B),
)
CLASSES = (
    *(CoverageClass(code, needle=f'"type": "{name}"') for code, name in _TYPES.items()),
    *(CoverageClass(code, needle=text) for code, (_, text) in _ARRAYS.items()),
    *(CoverageClass(code, where=where, shapes=B) for code, (_, where) in _TAGS.items()),
    CoverageClass("9.12:odd_object_keys", where="variables ? '' AND variables ? 'gym.name'", shapes=A),
    CoverageClass(
        "9.13:template_nowhere",
        where="template_id NOT IN (SELECT id FROM public.workflow_templates)",
        shapes=B,
    ),
)
