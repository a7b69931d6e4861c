"""Timestamps sort like PostgreSQL sorts them, whatever their year."""

from itertools import pairwise

import pytest

from atlas_workflows.legacy.history.executions import contradiction_of
from atlas_workflows.legacy.timing.instants import is_before, order_of

ASCENDING = (
    "-infinity",
    "0044-03-15 00:00:00+00 BC",
    "0044-03-16 00:00:00+00 BC",
    "0001-12-31 00:00:00+00 BC",
    "0001-01-01 00:00:00+00",
    "2025-01-01 00:00:00+00",
    "2025-01-01 00:00:00.5+00",
    "2025-01-01 00:00:01+00",
    "9999-12-31 23:59:59+00",
    "12345-06-07 08:09:10+00",
    "infinity",
)


def test_instants_sort_as_the_server_sorts_them() -> None:
    assert sorted(set(ASCENDING), key=lambda text: order_of(text) or (0, "")) == list(ASCENDING)
    for earlier, later in pairwise(ASCENDING):
        assert is_before(earlier, later)
        assert not is_before(later, earlier)
        assert contradiction_of("completed", later, earlier) == "It ended before it started."
        assert contradiction_of("completed", earlier, later) == ""


@pytest.mark.parametrize("text", ["", "soon", "2025", "-1", "{}"])
def test_what_is_no_timestamp_has_no_order(text: str) -> None:
    assert order_of(text) is None
    assert not is_before(text, "infinity")
