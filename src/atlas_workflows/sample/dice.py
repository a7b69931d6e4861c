"""Chance that repeats: one seeded generator per part of the sample, and the fixed end of its history."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

T = TypeVar("T")

# The sample never reads the clock: its history ends here, whenever it is made.
END = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
BEGIN = END - timedelta(days=540)
MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VARIANT_DIGITS = "89ab"


class Dice:
    """A generator named by seed and part; parts can be made in any order with the same outcome."""

    __slots__ = ("random",)

    def __init__(self, seed: int, part: str) -> None:
        self.random = random.Random(f"{seed}/{part}")

    def uuid(self) -> str:
        """A version 4 UUID as text."""
        digits = f"{self.random.getrandbits(128):032x}"
        variant = _VARIANT_DIGITS[int(digits[16], 16) & 3]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"

    def short_id(self) -> str:
        """Ten characters in the manner of nanoid."""
        return "".join(
            self.random.choices("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789_-", k=10)
        )

    def pick(self, items: Sequence[T]) -> T:
        return items[int(self.random.random() * len(items))]

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def number(self, low: int, high: int) -> int:
        """An integer in low..high, both included."""
        return low + int(self.random.random() * (high - low + 1))

    def instant(self, begin: datetime = BEGIN, end: datetime = END) -> datetime:
        """An instant in begin..end, to the microsecond."""
        return begin + int((end - begin) / MICROSECOND * self.random.random()) * MICROSECOND


def timestamp(instant: datetime) -> str:
    """The instant as PostgreSQL reads it, to the microsecond."""
    return instant.isoformat(" ")


def iso(instant: datetime) -> str:
    """How the old application wrote an instant into JSON: milliseconds and a Z."""
    return f"{instant.isoformat('T', 'milliseconds')[:23]}Z"


def millis(instant: datetime) -> int:
    """Milliseconds since 1970."""
    return (instant - _EPOCH) // timedelta(milliseconds=1)
