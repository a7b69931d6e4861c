"""Wakes threads that wait for work: a ring between looking and waiting is not lost."""

from threading import Condition


class Bell:
    """Whoever looked at `rung` before looking for work waits only while nobody has rung since."""

    def __init__(self) -> None:
        self._changed = Condition()
        self.rung = 0

    def ring(self) -> None:
        """Wake everybody who waits."""
        with self._changed:
            self.rung += 1
            self._changed.notify_all()

    def wait(self, seen: int, seconds: float) -> None:
        """Until it rings after `seen`, at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: self.rung != seen, seconds)
