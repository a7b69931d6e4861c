"""The stages between slots and occurrences, each a stream in order of time over naive UTC instants."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from heapq import heappop, heappush
from zoneinfo import ZoneInfo

from atlas_workflows.schedule.business_hours import Outside
from atlas_workflows.schedule.openings import moved as move_to_open
from atlas_workflows.schedule.openness import Openness
from atlas_workflows.schedule.placement import Fold, Gap, first_instant, place
from atlas_workflows.schedule.refusal import refuse
from atlas_workflows.schedule.zones import to_local

FRUITLESS_SLOTS = 100_000
SLOTS_PER_QUESTION = 300_000


@dataclass(frozen=True, slots=True)
class Fire:
    """An occurrence in the making: when, what moved it, how many slots met there."""

    instant: datetime
    moved: tuple[str, ...] = ()
    collapsed: int = 1


def placed(walls: Iterable[datetime], zone: ZoneInfo, gap: Gap, fold: Fold, elapsed: bool) -> Iterator[Fire]:
    """Wall-clock times put into the zone; the two passes of a repeated hour come out one after the other."""
    waiting: list[Fire] = []
    for wall in walls:
        found = place(wall, zone, gap, fold, elapsed)
        if len(found) == 1 and not waiting:
            instant, moved = found[0]
            yield Fire(instant, (moved,)) if moved else Fire(instant)
        elif found:
            yield from (fire for fire in waiting if fire.instant < found[0][0])
            waiting = [fire for fire in waiting if fire.instant >= found[0][0]]
            waiting += [Fire(instant, (moved,) if moved else ()) for instant, moved in found]
            waiting.sort(key=lambda fire: fire.instant)
    yield from waiting


def bounded(fires: Iterable[Fire], last: datetime | None) -> Iterator[Fire]:
    """Up to `last`, included; raises ScheduleRefused after SLOTS_PER_QUESTION, as when most slots join in few."""
    for number, fire in enumerate(fires):
        if last is not None and fire.instant > last:
            return
        if number >= SLOTS_PER_QUESTION:
            raise refuse(
                "count",
                f"more than {SLOTS_PER_QUESTION} slots would have to be looked at.",
                "Ask for fewer occurrences, or let the schedule fire less often outside opening hours.",
            )
        yield fire


@dataclass(slots=True)
class _Moves:
    """Where closed slots go. They come in order, so all before an opening that was found go there without a search."""

    zone: ZoneInfo
    openness: Openness
    outside: Outside
    opening: datetime | None = None

    def of(self, instant: datetime) -> datetime | None:
        if self.opening is not None and instant <= self.opening:
            return self.opening
        found = move_to_open(instant, self.zone, self.openness, self.outside)
        is_shared = self.outside == "next" and not self.openness.keeps_time_of_day
        self.opening = found if is_shared else None
        return found


def not_skipped(fires: Iterable[Fire], zone: ZoneInfo, skipped: frozenset[date]) -> Iterator[Fire]:
    """Without those on skipped local dates."""
    return (fire for fire in fires if to_local(fire.instant, zone).date() not in skipped)


def opened(fires: Iterable[Fire], zone: ZoneInfo, openness: Openness, outside: Outside) -> Iterator[Fire]:
    """Those in closed time dropped or moved, in order again; gives up after FRUITLESS_SLOTS dropped in a row.

    A move that keeps the time of day lets a whole closed day run into an open one, so moved and unmoved ones
    wait until nothing earlier can come.
    """
    waiting: list[tuple[datetime, int, Fire]] = []
    moves = _Moves(zone, openness, outside)
    fruitless = 0
    for number, fire in enumerate(fires):
        wall = to_local(fire.instant, zone)
        why = openness.closed_because(wall)
        moved = fire.instant if why is None else moves.of(fire.instant)
        if moved is None:
            fruitless += 1
            if fruitless >= FRUITLESS_SLOTS:
                break
            continue
        fruitless = 0
        settled = _settled_before(fire.instant, moved, zone, openness, outside)
        while waiting and waiting[0][0] < settled:
            yield heappop(waiting)[2]
        heappush(
            waiting, (moved, number, fire if why is None else Fire(moved, (*fire.moved, why), fire.collapsed))
        )
    while waiting:
        yield heappop(waiting)[2]


def collapsed(fires: Iterable[Fire], look_ahead: bool) -> Iterator[Fire]:
    """Neighbours at one instant become one that counts them.

    `look_ahead`: a later slot may move back onto an unmoved one; otherwise an unmoved one closes its instant.
    """
    pending: Fire | None = None
    for fire in fires:
        if pending is not None and pending.instant == fire.instant:
            moved = tuple(dict.fromkeys((*pending.moved, *fire.moved)))
            pending = Fire(fire.instant, moved, pending.collapsed + fire.collapsed)
        else:
            if pending is not None:
                yield pending
            pending = fire
        if not look_ahead and not fire.moved:
            yield pending
            pending = None
    if pending is not None:
        yield pending


def _settled_before(
    slot: datetime, moved: datetime, zone: ZoneInfo, openness: Openness, outside: Outside
) -> datetime:
    """No later slot ends up before this instant."""
    if outside != "previous":
        return slot
    if not openness.keeps_time_of_day:
        return moved
    return first_instant(datetime.combine(to_local(moved, zone).date(), time.min), zone)
