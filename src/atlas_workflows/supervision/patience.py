"""How long an approval that Airflow asks for is left standing before it is answered: as long as a person takes. Pure."""

from dataclasses import dataclass

# Nobody answers faster, and Airflow loses an answer that comes while the task parks itself.
PERSON_SECONDS = 4.0


@dataclass(slots=True)
class Patience:
    """Says when to answer. `takes`: the seconds that the question has to stand before the next answer.

    Should it be asked again, because Airflow lost an answer that came while the task was still parking itself, it takes
    twice as long each time: on a busy machine a round of the scheduler may last longer than a quick person takes.
    """

    takes: float = PERSON_SECONDS
    asked_at: float | None = None

    def is_over(self, *, is_asked: bool, now: float) -> bool:
        """Whether to answer now, in seconds of any steady clock; the answer counts as given."""
        if not is_asked:
            self.asked_at = None
            return False
        if self.asked_at is None:
            self.asked_at = now
        if now - self.asked_at < self.takes:
            return False
        self.asked_at, self.takes = None, 2 * self.takes
        return True
