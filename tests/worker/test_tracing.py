"""An effect whose worker stopped: a performer that can ask what became of it is asked, beside the calls under way."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from world import ONE

from atlas_workflows.worker.effect_lane import LOST, EffectLane
from atlas_workflows.worker.memory import Entered, MemoryStore
from atlas_workflows.worker.model import Answer, Dispatch, NotSent, Performed, Refused

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LEASE = timedelta(seconds=60)


@dataclass(slots=True)
class Texts:
    """Says `known` of what it is asked about, after `gate` has opened."""

    known: Answer | Exception | None = None
    kind: str = "text"
    concurrency: int = 2
    asked: list[Dispatch] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    def may_repeat(self, effect: Dispatch) -> bool:
        return False

    def perform(self, effect: Dispatch) -> Answer:
        return Performed("new")

    def look_up(self, effect: Dispatch) -> Answer | None:
        self.gate.wait(5)
        self.asked.append(effect)
        if isinstance(self.known, Exception):
            raise self.known
        return self.known


def store_with(*stale: str) -> MemoryStore:
    store = MemoryStore(lambda: NOON, lease=LEASE)
    for number, key in enumerate(stale):
        dispatch = Dispatch(ONE, "e", key, "text", 1, {}, {}, "s", NOON)
        store.effects[ONE, key] = Entered(dispatch, number, "dispatching", NOON - LEASE)
    return store


def settle(lane: EffectLane, texts: Texts) -> None:
    with ThreadPoolExecutor(4) as threads:
        lane.round(threads, may_take=True)
        texts.gate.set()
        lane._finish(threads)


@pytest.mark.parametrize(
    ("known", "status", "error"),
    [
        (Performed({"sid": "SM1"}), "done", None),
        (Refused("rejected", "not taken", may_retry=False), "failed", "rejected: not taken"),
        (NotSent(), "intended", None),
        (None, "unknown", LOST),
        (ValueError("ours"), "unknown", LOST),
    ],
)
def test_what_the_performer_finds_out_is_written_down(
    known: Answer | Exception | None, status: str, error: str | None
) -> None:
    store, texts = store_with("k"), Texts(known)
    settle(EffectLane(store, {"text": texts}, lease=LEASE), texts)
    assert [(effect.key, effect.subject, effect.intended_at) for effect in texts.asked] == [("k", "s", NOON)]
    found = store.effects[ONE, "k"]
    assert (found.status, found.error) == (status, error)


def test_asking_takes_no_place_from_the_lane_and_holds_nothing_up() -> None:
    store, texts = store_with("a", "b", "c"), Texts(Performed())
    lane = EffectLane(store, {"text": texts, "other": Texts(kind="other")}, lease=LEASE)
    store.effects[ONE, "new"] = Entered(Dispatch(ONE, "e", "new", "other", 0, {}), 9)
    with ThreadPoolExecutor(8) as threads:
        lane.round(threads, may_take=True)
        assert texts.asked == []
        while store.effects[ONE, "new"].status != "done":
            lane.round(threads, may_take=True)
        texts.gate.set()
        lane._finish(threads)
    assert {entered.status for entered in store.effects.values()} == {"done"}
    assert sorted(effect.key for effect in texts.asked) == ["a", "b", "c"]
