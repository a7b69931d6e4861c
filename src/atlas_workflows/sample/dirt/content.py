"""Sections 8.4, 9.7, 9.14 and 9.15: what sanitising spoilt, odd settings, Unicode, big numbers, huge bodies, secrets."""

import base64
import unicodedata
from decimal import Decimal
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.sample.dice import Dice
from atlas_workflows.sample.draft import Draft
from atlas_workflows.sample.recipe import Step, action
from atlas_workflows.sample.specimen import (
    ALL_SHAPES,
    GRAPH_SHAPES,
    GREETING,
    Change,
    CoverageClass,
    Specimen,
    recipe,
)

_CAFE = "Café Łódź wellness"
_NAMES = {
    "9.7:name_escaped": ("Tom &amp;amp; Co welcome", "Tom &amp;amp; Co welcome"),
    "9.7:name_escaped_many_times": ("Bed &amp;amp;amp;amp; Breakfast fit", "&amp;amp;amp;amp;"),
    "9.14:diacritics": ("Łódź – żółta ścieżka", "Łódź – żółta ścieżka"),
    "9.14:emoji_zwj": ("Family day 👨‍👩‍👧‍👦🏳️‍🌈", "👨‍👩‍👧‍👦🏳️‍🌈"),
    "9.14:right_to_left": ("برنامج الترحيب \u202bجديد\u202c", "برنامج الترحيب"),
    "9.14:nfc": (unicodedata.normalize("NFC", _CAFE), unicodedata.normalize("NFC", _CAFE)),
    "9.14:nfd": (unicodedata.normalize("NFD", _CAFE), unicodedata.normalize("NFD", _CAFE)),
}
_TELL = {"url": "https://hooks.example/in", "secret": "fake-webhook-secret-0004"}
# code -> (steps, text that shows it)
_BODIES: dict[str, tuple[tuple[Step, ...], str]] = {
    "9.7:tags_stripped": (
        (action("send_email", "Mail", subject="pHi", body="pHi {{firstName}}/pbr/img src=x"),),
        '"body": "pHi {{firstName}}/pbr/img src=x"',
    ),
    "9.7:url_fragment_removed": (
        (action("http_request", "Call", url="https://hooks.example/in?c5", method="GET"),),
        "https://hooks.example/in?c5",
    ),
    "9.7:array_cut_at_1000": (
        (action("add_tags", "Tag", tags=[f"tag-{number}" for number in range(1000)]),),
        '"tag-999"',
    ),
    "9.7:object_cut_at_100": (
        (action("update_lead", "Update", fields={f"field_{number}": number for number in range(100)}),),
        '"field_99": 99',
    ),
    "9.14:number_beyond_2_53": (
        (
            action(
                "update_lead", "Update", fields={"external_id": 12345678901234567890123, "version": 2**53 + 1}
            ),
        ),
        "12345678901234567890123",
    ),
    "9.14:decimal": (
        (action("create_opportunity", "Offer", name="Plan", value=Decimal("1.10")),),
        '"value": 1.10',
    ),
    "9.15:api_token": (
        (
            action(
                "http_request",
                "Call",
                url="https://api.example",
                headers={"Authorization": "Bearer fake-token-0002"},
            ),
        ),
        "Bearer fake-token-0002",
    ),
    "9.15:smtp_password": (
        (
            action(
                "send_email",
                "Mail",
                subject="x",
                body="y",
                smtp={"host": "smtp.example", "password": "fake-smtp-0003"},
            ),
        ),
        "fake-smtp-0003",
    ),
    "9.15:webhook_secret": (
        (Step("action", "send_webhook", "Tell", _TELL),),
        "fake-webhook-secret-0004",
    ),
    "9.15:url_with_password": (
        (
            action(
                "http_request",
                "Call",
                url="https://user:fake-password-0005@api.example/v1?api_key=fake-key-0006",
            ),
        ),
        "fake-password-0005",
    ),
}
_SETTINGS: dict[str, tuple[Any, str]] = {
    "8.4:empty": ({}, '"settings": {}'),
    "8.4:zone_escaped": ({"timezone": "Europe&#x2F;London", "errorHandling": "stop"}, "Europe&#x2F;London"),
    "8.4:retry": (
        {"errorHandling": "retry", "maxExecutionTime": 3600, "timezone": "UTC"},
        '"errorHandling": "retry"',
    ),
    "8.4:rollback": (
        {"errorHandling": "rollback", "priority": "high", "concurrency": 3},
        '"errorHandling": "rollback"',
    ),
    "8.4:conditions": (
        {"errorHandling": "continue", "conditions": [{"field": "lead.score", "operator": "gt", "value": 5}]},
        '"conditions": [{"field": "lead.score"',
    ),
    "8.4:notify": (
        {
            "errorHandling": "continue",
            "priority": "low",
            "notifications": {"onError": True, "notifyEmails": ["a@gym.example"]},
        },
        '"notifyEmails"',
    ),
}


def _name(text: str) -> Change:
    def change(draft: Draft, _: Dice) -> None:
        draft.name = text

    return change


def _settings(value: Any) -> Change:
    def change(draft: Draft, _: Dice) -> None:
        draft.settings = value

    return change


def _escaped_description(draft: Draft, _: Dice) -> None:
    draft.description = "Don&amp;#x27;t miss &amp;quot;leg day&amp;quot;"


def _clamped(draft: Draft, _: Dice) -> None:
    draft.nodes[-1]["position"] = {"x": 10000, "y": 0}


def _nul(draft: Draft, _: Dice) -> None:
    draft.nodes[1]["data"]["config"]["body"] = "before\x00after"
    draft.nodes = exact_json.dumps_text(draft.nodes)


def embed_image(draft: Draft, dice: Dice, size: int) -> None:
    """Put a picture into the first e-mail's body, base64 of about `size` characters.

    The node shares its settings with the recipe's step, so every shape shows it.
    """
    picture = base64.b64encode(dice.random.randbytes(size * 3 // 4)).decode()
    draft.nodes[1]["data"]["config"]["body"] = f'<img src="data:image/png;base64,{picture}">'


def _huge(draft: Draft, dice: Dice) -> None:
    embed_image(draft, dice, 300_000)


def _titled(code: str) -> str:
    return f"Content: {code.partition(':')[2].replace('_', ' ')}"


SPECIMENS = (
    *(
        Specimen((code,), recipe(_titled(code)), _name(name), ALL_SHAPES)
        for code, (name, _) in _NAMES.items()
    ),
    *(
        Specimen((code,), recipe(_titled(code), steps), None, ALL_SHAPES, only_steps=True)
        for code, (steps, _) in _BODIES.items()
    ),
    *(Specimen((code,), recipe(_titled(code)), _settings(value)) for code, (value, _) in _SETTINGS.items()),
    Specimen(("9.7:description_escaped",), recipe("Escaped description"), _escaped_description, ALL_SHAPES),
    Specimen(("9.7:position_clamped",), recipe("Clamped position", (GREETING,)), _clamped),
    Specimen(("9.14:nul_in_double_encoded",), recipe("A NUL in a string", (GREETING,)), _nul),
    Specimen(("9.14:huge",), recipe("A picture in the body", (GREETING,)), _huge),
)
CLASSES = (
    *(CoverageClass(code, needle=text, shapes=ALL_SHAPES) for code, (_, text) in _NAMES.items()),
    *(CoverageClass(code, needle=text, shapes=ALL_SHAPES) for code, (_, text) in _BODIES.items()),
    *(CoverageClass(code, needle=text, shapes=GRAPH_SHAPES) for code, (_, text) in _SETTINGS.items()),
    CoverageClass("9.7:description_escaped", needle="&amp;#x27;", shapes=ALL_SHAPES),
    CoverageClass("9.7:position_clamped", needle='"x": 10000'),
    CoverageClass("9.14:nul_in_double_encoded", needle="before\\\\u0000after"),
    CoverageClass(
        "9.14:huge", where="length(nodes::text) > 250000", where_b="length(workflow_data::text) > 250000"
    ),
)
