"""The effect lane: `dispatching` is committed just before the call, and shares its commit with the last `done`."""

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog

from atlas_workflows.worker.bell import Bell
from atlas_workflows.worker.model import Answer, Dispatch, Finished, NotSent, Refused, Unclear
from atlas_workflows.worker.ports import Ledger, Performer, StoreUnavailable, Traceable, TurnRefused

IDLE_SECONDS = 0.5
BREATH_SECONDS = 0.01  # before what was left is looked for, unless an answer comes first
LOOK_SECONDS = 2.0
STALE_AT_ONCE = 200
PATIENCE_SECONDS = 0.5
LOST = "Its worker stopped while it was being sent; nobody can tell whether it arrived."
log = structlog.get_logger()


class EffectLane:
    """Performs effects of the kinds it has performers for, each kind at most as many at once as its performer says."""

    def __init__(
        self,
        ledger: Ledger,
        performers: Mapping[str, Performer],
        *,
        lease: timedelta,
        on_answers: Callable[[], None] = lambda: None,
    ) -> None:
        self.ledger = ledger
        self.performers = performers
        self.bell = Bell()
        # Whoever was stopped for half of the lease may be taken for dead by the time the call is made.
        self.begin_within = lease.total_seconds() / 2
        self.on_answers = on_answers
        self._under_way: Counter[str] = Counter()
        self._answered: deque[Finished] = deque()
        self._unwritten: list[Finished] = []
        self._next_look = 0.0

    def run(self, is_stopping: Callable[[], bool]) -> None:
        """Work until told to stop; calls under way are waited for and written down."""
        places = sum(performer.concurrency for performer in self.performers.values())
        with ThreadPoolExecutor(max(1, places), thread_name_prefix="effect") as threads:
            while not is_stopping():
                has_taken = self.round(threads, may_take=True)
                # Its organizations' shares, or what the policy put aside, may have left room; mostly there is no more.
                self.bell.wait(BREATH_SECONDS if has_taken else IDLE_SECONDS)
            self._finish(threads)

    def round(self, threads: ThreadPoolExecutor, *, may_take: bool) -> bool:
        """Write down what was answered and begin what has room; whether anything was begun."""
        try:
            self._look_around(threads, may_take)
            return self._exchange(threads, may_take)
        except StoreUnavailable as cause:
            log.warning("the database cannot be reached", error=str(cause))
            time.sleep(PATIENCE_SECONDS)
            return False

    def _exchange(self, threads: ThreadPoolExecutor, may_take: bool) -> bool:
        self._collect()
        written, room = len(self._unwritten), self._room() if may_take else {}
        # Kept until it is written: after a commit of which nobody knows it is written again, which does nothing twice.
        taken = self._written(room)
        self._unwritten.clear()
        began = time.monotonic()
        for dispatch in taken:
            self._under_way[dispatch.kind] += 1
            threads.submit(self._perform, dispatch, began)
        if written:
            self.on_answers()
        return bool(taken)

    def _collect(self) -> None:
        while self._answered:
            item = self._answered.popleft()
            self._under_way[item.dispatch.kind] -= 1
            self._unwritten.append(item)

    def _written(self, room: Mapping[str, int]) -> list[Dispatch]:
        try:
            return self.ledger.exchange(self._unwritten, room)
        except TurnRefused as cause:
            log.error("an answer cannot be stored", error=str(cause))
            self._unwritten = [
                Finished(item.dispatch, _without_content(item.answer)) for item in self._unwritten
            ]
            return self.ledger.exchange(self._unwritten, room)

    def _room(self) -> dict[str, int]:
        return {
            kind: performer.concurrency - self._under_way[kind]
            for kind, performer in self.performers.items()
            if performer.concurrency > self._under_way[kind]
        }

    def _perform(self, dispatch: Dispatch, began: float) -> None:
        answer = self._answer(dispatch, began)
        log.info(
            "effect",
            organization=dispatch.organization,
            execution=dispatch.execution,
            key=dispatch.key,
            kind=dispatch.kind,
            answer=type(answer).__name__.lower(),
        )
        self._answered.append(Finished(dispatch, answer))
        self.bell.ring()

    def _answer(self, dispatch: Dispatch, began: float) -> Answer:
        if time.monotonic() - began > self.begin_within:
            return NotSent()
        try:
            return self.performers[dispatch.kind].perform(dispatch)
        except (
            Exception
        ) as cause:  # a fault of ours must not end the lane, and says nothing about the provider
            log.error("the performer failed", key=dispatch.key, kind=dispatch.kind, exc_info=cause)
            return Unclear(f"The performer failed: {type(cause).__name__}.")

    def _look_around(self, threads: ThreadPoolExecutor, may_take: bool) -> None:
        if not may_take or time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK_SECONDS
        self.ledger.release()
        for stale in self.ledger.take_stale(STALE_AT_ONCE):
            performer = self.performers.get(stale.kind)
            if isinstance(performer, Traceable):
                self._under_way[stale.kind] += 1
                threads.submit(self._trace, performer, stale)
            else:
                may_repeat = performer is not None and performer.may_repeat(stale)
                self._unwritten.append(
                    Finished(stale, NotSent(may_be_done=True) if may_repeat else Unclear(LOST))
                )

    def _trace(self, performer: Traceable, stale: Dispatch) -> None:
        """Ask the provider what became of it; that may take as long as a call."""
        try:
            answer = performer.look_up(stale) or Unclear(LOST)
        except Exception as cause:  # as with a call: a fault of ours says nothing about the provider
            log.error("the performer failed", key=stale.key, kind=stale.kind, exc_info=cause)
            answer = Unclear(LOST)
        self._answered.append(Finished(stale, answer))
        self.bell.ring()

    def _finish(self, threads: ThreadPoolExecutor) -> None:
        while sum(self._under_way.values()) or self._answered or self._unwritten:
            if not (self._answered or self._unwritten):
                self.bell.wait(IDLE_SECONDS)
            self.round(threads, may_take=False)


def _without_content(answer: Answer) -> Answer:
    """The same answer with nothing of the provider's in it."""
    if isinstance(answer, Refused):
        return Refused(answer.cause, "It was refused; the reason cannot be stored.", answer.may_retry)
    if isinstance(answer, NotSent):
        return answer
    return type(answer)("") if isinstance(answer, Unclear) else type(answer)()
