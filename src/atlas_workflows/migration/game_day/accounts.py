"""What a game day came to: what the ledger says beside what the sinks took, and whether anything was lost or sent twice. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

# Nobody has said yet what becomes of these.
OPEN = frozenset({"intended", "dispatching"})
# The sinks may have taken these.
MAY_HAVE_ARRIVED = frozenset({"done", "unknown", "dispatching"})


@dataclass(frozen=True, slots=True)
class EffectRow:
    """An effect as the ledger has it when everything has come to rest."""

    effect_key: str
    kind: str
    status: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class EventCounts:
    """Events that came; `refused` are subjects whom a trigger did not enrol."""

    events: int = 0
    handled: int = 0
    started: int = 0
    refused: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Effects:
    """`intended` is all of them; each is one of `delivered`, `written`, `parked`, `failed`, `held`, `skipped`, `cancelled`
    and `unresolved`. `lost`: done by the ledger and not arrived, or unresolved. `unsaid`: arrived, and the ledger says no.
    """

    intended: int = 0
    delivered: int = 0
    written: int = 0
    parked: int = 0
    failed: int = 0
    held: int = 0
    skipped: int = 0
    cancelled: int = 0
    unresolved: int = 0
    twice: int = 0
    lost: int = 0
    unsaid: int = 0

    def to_json(self) -> dict[str, int]:
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True, slots=True)
class Back:
    """The way back: workflows whose owner is not the old application, on/off rows that are not as before, starts since."""

    given_back: Mapping[str, int] = field(default_factory=dict)
    not_returned: int = 0
    not_as_before: int = 0
    started_since: int = 0


def count_effects(rows: Iterable[EffectRow], arrived: Mapping[str, int], outside: frozenset[str]) -> Effects:
    """`arrived`: how often the sinks took each key; `outside`: kinds that go to a sink and nowhere else."""
    found = list(rows)
    by_status = Counter(row.status for row in found)
    sent = [
        row for row in found if row.status == "done" and (row.kind in outside or row.effect_key in arrived)
    ]
    missing = sum(row.effect_key not in arrived for row in sent)
    unresolved = sum(by_status[status] for status in OPEN)
    known = {row.effect_key: row.status for row in found}
    return Effects(
        intended=len(found),
        delivered=len(sent) - missing,
        written=by_status["done"] - len(sent),
        parked=by_status["unknown"],
        failed=by_status["failed"],
        held=by_status["held"],
        skipped=by_status["skipped"],
        cancelled=by_status["cancelled"],
        unresolved=unresolved,
        twice=sum(times - 1 for times in arrived.values()),
        lost=missing + unresolved,
        unsaid=sum(known.get(key) not in MAY_HAVE_ARRIVED for key in arrived),
    )


def complaints(events: EventCounts, effects: Effects, back: Back) -> list[str]:
    """A sentence for each thing that must not be; none means that the cutover may be trusted."""
    said = {
        f"{effects.lost} effects were lost": effects.lost,
        f"{effects.twice} effects were sent twice": effects.twice,
        f"{effects.unsaid} effects arrived of which the ledger says that they did not": effects.unsaid,
        f"{events.events - events.handled} events were not handled": events.events - events.handled,
        f"{events.failed} events failed": events.failed,
        f"{back.not_returned} workflows did not go back to the old application": back.not_returned,
        f"{back.not_as_before} workflows are not on or off as they were before": back.not_as_before,
        f"{back.started_since} executions were started here after the way back": back.started_since,
    }
    found = [f"{sentence}." for sentence, times in said.items() if times]
    if not events.started:
        found.append(
            "No event started anything, so nothing was rehearsed: are changes signed, and triggers awake?"
        )
    return found


@dataclass(frozen=True, slots=True)
class Report:
    """All of it. `minutes` by part, in order."""

    minutes: Mapping[str, float]
    owners: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    events: EventCounts = EventCounts()
    executions: Mapping[str, int] = field(default_factory=dict)
    effects: Effects = Effects()
    causes: Mapping[str, int] = field(default_factory=dict)
    back: Back = Back()
    kills: int = 0
    ended: int = 0
    slow: int = 0
    refused: int = 0
    repeats: int = 0
    seed: int = 0
    not_diverted: tuple[str, ...] = ()
    switched_off: tuple[str, ...] = ()
    without_leads: str | None = None
    problems: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """`ok` is what the exit status says."""
        return {
            "ok": not self.problems, "problems": list(self.problems), "minutes": dict(self.minutes), "seed": self.seed,
            "owners": {owner: dict(causes) for owner, causes in self.owners.items()},
            "kills": self.kills, "workers_ended_by_themselves": self.ended,
            "provider": {"slow": self.slow, "refused": self.refused, "recognised_repeats": self.repeats},
            "events": {each.name: getattr(self.events, each.name) for each in fields(self.events)},
            "executions": dict(self.executions), "effects": self.effects.to_json(), "failures": dict(self.causes),
            "back": {
                "given_back": dict(self.back.given_back), "not_returned": self.back.not_returned,
                "not_as_before": self.back.not_as_before, "started_since": self.back.started_since,
            },
            "not_diverted": list(self.not_diverted), "database_triggers_switched_off": list(self.switched_off),
            "without_leads": self.without_leads,
        }  # fmt: skip
