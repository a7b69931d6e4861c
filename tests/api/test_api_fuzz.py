"""schemathesis over the whole OpenAPI: no answer of 500 and above, none that the document does not have.

A sample, with a key of another role for each operation; `./atlas soak tests/soak/test_api_soak.py` asks each with all.
"""

import pytest
from api_fuzz import ask, operations
from api_world import ROLES, World
from schemathesis.generation import GenerationMode

from crm_world import TWO

EXAMPLES = 2


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_whatever_is_sent_is_answered_as_documented(world: World, mode: GenerationMode) -> None:
    asked = [
        ask(
            world, operation, mode, role=ROLES[place % len(ROLES)], organization=TWO, examples=EXAMPLES
        ).total()
        for place, operation in enumerate(operations(world))
    ]
    assert len(asked) > 30
    # A route that takes nothing can be sent nothing wrong.
    assert asked.count(0) <= (6 if mode is GenerationMode.NEGATIVE else 0)
