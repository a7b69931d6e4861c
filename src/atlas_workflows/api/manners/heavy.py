"""Work that takes up to ten seconds has few places: what one tenant tries out leaves the others their sessions."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from atlas_workflows.api.manners.problems import HttpProblem

PLACES = BoundedSemaphore(4)  # of the 16 sessions
PATIENCE_SECONDS = 1.0


@contextmanager
def heavy() -> Iterator[None]:
    """Hold a place while the work goes on. Raises HttpProblem (503) where none becomes free soon."""
    if not PLACES.acquire(timeout=PATIENCE_SECONDS):
        fact = "Simulations, forecasts and counts take all places that there are for them."
        raise HttpProblem("unavailable", fact, remedy="Try again in a moment.", headers={"Retry-After": "5"})
    try:
        yield
    finally:
        PLACES.release()
