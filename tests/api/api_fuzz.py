"""Requests that schemathesis makes of the OpenAPI, sent with the key of a role; used by the sample of this folder and by the soak."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import schemathesis
from api_world import World
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def operations(world: World) -> Iterator[APIOperation]:
    """Every operation of the document."""
    schema = schemathesis.openapi.from_dict(world.app.openapi())
    for found in schema.get_all_operations():
        yield found.ok()


def ask(
    world: World,
    operation: APIOperation,
    mode: GenerationMode,
    *,
    role: str,
    organization: str,
    examples: int,
    derandomize: bool = True,
) -> Counter[int]:
    """Send so many requests of an operation; how often each status came. Raises at the first answer that the document has not.

    Half of those that are right carry ids that the organization has, so that more is met than "there is no such thing".
    """
    bearer = {"Authorization": f"Bearer {world.keys[role, organization]}"}
    ids, seen = world.ids[organization], Counter[int]()

    @settings(
        max_examples=examples, deadline=None, database=None, phases=[Phase.generate], derandomize=derandomize,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
    def send(case: schemathesis.Case, known: bool) -> None:
        if known and mode is GenerationMode.POSITIVE:
            case.path_parameters = {
                name: ids.get(name, value) for name, value in case.path_parameters.items()
            }
        sent = case.as_transport_kwargs(base_url="http://testserver", headers=bearer)
        # It makes up credentials as well; what they lead to is asked in test_api_matrix.py.
        others = {name: value for name, value in sent["headers"].items() if name.lower() != "authorization"}
        sent["headers"] = others | bearer
        answer = world.client.request(**{name: value for name, value in sent.items() if name != "verify"})
        seen[answer.status_code] += 1
        case.validate_response(schemathesis.Response.from_httpx(answer, verify=False), checks=CHECKS)

    with suppress(Unsatisfiable):
        send()
    return seen
