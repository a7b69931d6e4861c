"""schemathesis over the whole OpenAPI with keys of every role: no answer of 500 and above, none that the document does not have."""

import os
from collections.abc import Iterator
from contextlib import suppress

import pytest
import schemathesis
from api_world import ROLES, World
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from crm_world import TWO

# A sample in CI; `./atlas soak tests/api/test_api_fuzz.py` takes the whole.
EXAMPLES = 150 if os.environ.get("ATLAS_SOAK") else 2
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def _operations(world: World) -> Iterator[APIOperation]:
    schema = schemathesis.openapi.from_dict(world.app.openapi())
    for found in schema.get_all_operations():
        yield found.ok()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_whatever_is_sent_is_answered_as_documented(world: World, mode: GenerationMode) -> None:
    asked = [
        _ask(world, operation, mode, ROLES[place % len(ROLES)])
        for place, operation in enumerate(_operations(world))
    ]
    assert len(asked) > 30
    # A route that takes nothing can be sent nothing wrong.
    assert asked.count(0) <= (6 if mode is GenerationMode.NEGATIVE else 0)


def _ask(world: World, operation: APIOperation, mode: GenerationMode, role: str) -> int:
    """How many requests of an operation were sent."""
    bearer = {"Authorization": f"Bearer {world.keys['owner' if EXAMPLES > 10 else role, TWO]}"}
    asked = 0

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate], derandomize=EXAMPLES < 10,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        nonlocal asked
        asked += 1
        sent = case.as_transport_kwargs(base_url="http://testserver", headers=bearer)
        answer = world.client.request(**{name: value for name, value in sent.items() if name != "verify"})
        case.validate_response(schemathesis.Response.from_httpx(answer, verify=False), checks=CHECKS)

    with suppress(Unsatisfiable):
        ask()
    return asked
