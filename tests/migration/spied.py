"""A function that goes on as it is, and tells what it was asked."""

from collections.abc import Callable
from typing import Any


def spy(really: Callable[..., Any], begun: list[int]) -> Callable[..., Any]:
    """The same, and how many workers it was asked for."""

    def told(workers: int, *rest: Any) -> Any:
        begun.append(workers)
        return really(workers, *rest)

    return told
