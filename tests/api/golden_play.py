"""Plays recorded requests against the application and compares what it answers, place by place."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from api_world import World
from httpx import Response

_NAME = re.compile(r"\{(\w+)\}")
ANNOUNCED = ("deprecation", "sunset", "link")


def play(world: World, calls: list[Mapping[str, Any]], organization: str, names: dict[str, str]) -> None:
    """One story: its calls in their order. `keep` of an answer names a value for those behind it, written {name}."""
    for number, call in enumerate(calls, 1):
        where = f"call {number}, {call['call']}"
        answer = send(world, call, organization, names)
        assert answer.status_code == call["status"], (where, answer.text)
        for header in ANNOUNCED:
            assert header in answer.headers, (where, header)
        told = answer.json()
        assert_like(filled(call["answer"], names), told, where)
        names |= {name: told[key] for name, key in call.get("keep", {}).items()}


def send(world: World, call: Mapping[str, Any], organization: str, names: Mapping[str, str]) -> Response:
    """Send one call; `raw` is a body as it stands, `body` one in JSON."""
    method, _, path = filled(call["call"], names).partition(" ")
    headers = dict(filled(call.get("headers", {}), names))
    more: dict[str, Any] = {"json": filled(call["body"], names)} if "body" in call else {}
    if "raw" in call:
        more = {"content": call["raw"].encode("utf-8", "surrogatepass") * call.get("times", 1)}
        headers.setdefault("Content-Type", "application/json")
    if call.get("role") == "nobody":
        return world.client.request(method, path, headers=headers, **more)
    return world.call(
        method, path, role=call.get("role", "owner"), organization=call.get("organization", organization),
        headers=headers, **more,
    )  # fmt: skip


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """With every {name} of a text replaced by what it stands for; a name that nobody gave stays as it is."""
    if isinstance(value, str):
        return _NAME.sub(lambda found: names.get(found[1], found[0]), value)
    if isinstance(value, list):
        return [filled(each, names) for each in value]
    if isinstance(value, dict):
        return {key: filled(each, names) for key, each in value.items()}
    return value


def assert_like(expected: Any, told: Any, where: str) -> None:
    """Equal, except that <id>, <time> and <text> stand for any of their kind."""
    if expected == "<id>":
        UUID(told)
    elif expected == "<time>":
        assert datetime.fromisoformat(told).tzinfo is not None, where
    elif expected == "<text>":
        assert isinstance(told, str), where
        assert told, where
    elif isinstance(expected, dict):
        assert isinstance(told, dict), (where, told)
        assert sorted(expected) == sorted(told), where
        for key, each in expected.items():
            assert_like(each, told[key], f"{where}: {key}")
    elif isinstance(expected, list):
        assert isinstance(told, list), (where, told)
        assert len(expected) == len(told), (where, told)
        for at, each in enumerate(expected):
            assert_like(each, told[at], f"{where}[{at}]")
    else:
        assert expected == told, where


def fresh() -> dict[str, str]:
    """Names that every story has."""
    return {"unknown": str(uuid4())}
