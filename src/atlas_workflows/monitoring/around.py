"""A performer with something around its calls; whatever else it can do stays as it is."""

from collections.abc import Callable
from dataclasses import dataclass

from atlas_workflows.worker.model import Answer, Dispatch
from atlas_workflows.worker.ports import Performer, Traceable

Call = Callable[[Dispatch], Answer]


@dataclass(frozen=True, slots=True)
class Around:
    """A performer whose calls go through `call`."""

    inner: Performer
    call: Call

    @property
    def kind(self) -> str:
        return self.inner.kind

    @property
    def concurrency(self) -> int:
        return self.inner.concurrency

    def may_repeat(self, effect: Dispatch) -> bool:
        return self.inner.may_repeat(effect)

    def perform(self, effect: Dispatch) -> Answer:
        return self.call(effect)


@dataclass(frozen=True, slots=True)
class AroundTraceable(Around):
    """The same around one that can be asked afterwards; only that one may have `look_up`."""

    inner: Traceable

    def look_up(self, effect: Dispatch) -> Answer | None:
        return self.inner.look_up(effect)


def around(inner: Performer, call: Call) -> Performer:
    """`inner` with `call` in place of its `perform`; it can be asked afterwards where `inner` can."""
    return AroundTraceable(inner, call) if isinstance(inner, Traceable) else Around(inner, call)
