"""Errors travel between processes whole."""

import pickle
from collections.abc import Iterator

import pytest

from atlas_workflows import errors
from atlas_workflows.errors import AtlasError


def tree(kind: type[AtlasError] = AtlasError) -> Iterator[type[AtlasError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from tree(below)


@pytest.mark.parametrize("kind", [kind for kind in tree() if kind.__module__ == errors.__name__])
def test_an_error_is_the_same_in_another_process(kind: type[AtlasError]) -> None:
    error = kind("It is so.", remedy="Do that.", passes=True)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert (str(again), again.args, again.attributes) == (
        "It is so. Do that.",
        ("It is so.",),
        {"passes": True},
    )
