"""Wakes a thread that waits for work: a ring while everybody is busy is not lost."""

from threading import Condition


class Bell:
    """A ring is for one: who has work to share rings again. Whoever waits after it looks once more for work."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._rung = False

    def ring(self) -> None:
        """There may be work."""
        with self._changed:
            self._rung = True
            self._changed.notify()

    def wait(self, seconds: float) -> None:
        """Until it rings, or has rung since the last wait; at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: self._rung, seconds)
            self._rung = False
