"""A web server to call."""

from collections.abc import Iterator

import pytest
from web_sink import Web, serving


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as found:
        yield found
