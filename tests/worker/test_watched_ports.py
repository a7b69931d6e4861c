"""What a monitor puts around a worker's ports: they answer to every member, and can do what those inside can, no more."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import MagicMock, create_autospec

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from world import ONE

from atlas_workflows.monitoring.monitor import Monitor
from atlas_workflows.monitoring.tracing import Tracing
from atlas_workflows.worker.effect_lane import LOST, EffectLane
from atlas_workflows.worker.memory import Entered, MemoryStore
from atlas_workflows.worker.model import Answer, Batch, Dispatch, Performed
from atlas_workflows.worker.ports import Executions, Ledger, Performer, Traceable

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LEASE = timedelta(seconds=60)
GIVEN: dict[str, tuple[Any, ...]] = {
    "promote": (), "checkpoint": ((), 1), "exchange": ((), {}), "release": (), "take_stale": (7,),
}  # fmt: skip


class Notes:
    kind = "text"
    concurrency = 2

    def may_repeat(self, effect: Dispatch) -> bool:
        return effect.key == "again"

    def perform(self, effect: Dispatch) -> Answer:
        return Performed(effect.key)


class Texts(Notes):
    def look_up(self, effect: Dispatch) -> Answer | None:
        return Performed(f"listed {effect.key}")


def plain() -> Monitor:
    return Monitor()


def tracing() -> Monitor:
    return Monitor(tracing=Tracing(SimpleSpanProcessor(InMemorySpanExporter())))


Make = Callable[[], Monitor]
both = pytest.mark.parametrize("make", [plain, tracing])


def members(port: type[Any]) -> set[str]:
    return {name for each in port.__mro__ for name in vars(each) if not name.startswith("_")}


def dispatch(key: str) -> Dispatch:
    return Dispatch(ONE, "00000000-0000-4000-8000-000000000001", key, "text", 1, {}, {}, "s", NOON)


@both
@pytest.mark.parametrize("port", [Executions, Ledger])
def test_every_member_of_a_port_is_passed_on(make: Make, port: type[Any]) -> None:
    inner: MagicMock = create_autospec(port, instance=True)
    answers: dict[str, Any] = {"promote": 3, "checkpoint": (Batch(NOON), frozenset()), "release": 4}
    watched: Any = make().executions(inner) if port is Executions else make().ledger(inner)
    for name in members(port):
        getattr(inner, name).return_value = answers.get(name, [])
        assert getattr(watched, name)(*GIVEN[name]) == answers.get(name, [])
        getattr(inner, name).assert_called_once_with(*GIVEN[name])


@both
@pytest.mark.parametrize("inner", [Notes(), Texts()])
def test_a_watched_performer_can_do_what_it_can_and_no_more(make: Make, inner: Performer) -> None:
    watched = make().performers({"text": inner})["text"]
    port = Traceable if isinstance(inner, Traceable) else Performer
    assert isinstance(watched, Traceable) == isinstance(inner, Traceable)
    assert (watched.kind, watched.concurrency) == ("text", 2)
    for name in members(port) - {"kind", "concurrency"}:
        for key in ("again", "once"):
            assert getattr(watched, name)(dispatch(key)) == getattr(inner, name)(dispatch(key))


@both
@pytest.mark.parametrize(
    ("inner", "found"), [(Notes(), ("unknown", LOST)), (Texts(), ("done", None))], ids=["notes", "texts"]
)
def test_a_stale_effect_is_asked_about_under_a_monitor(
    make: Make, inner: Performer, found: tuple[str, str | None]
) -> None:
    store = MemoryStore(lambda: NOON, lease=LEASE)
    store.effects[ONE, "k"] = Entered(dispatch("k"), 0, "dispatching", NOON - LEASE)
    monitor = make()
    lane = EffectLane(monitor.ledger(store), monitor.performers({"text": inner}), lease=LEASE)
    with ThreadPoolExecutor(2) as threads:
        lane.round(threads, may_take=True)
        lane._finish(threads)
    entered = store.effects[ONE, "k"]
    assert (entered.status, entered.error) == found
