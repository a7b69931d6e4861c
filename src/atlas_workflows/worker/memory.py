"""The store in memory, for tests and trials: the same contract as PostgreSQL's, in one process, on a clock given."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import RLock

from atlas_workflows import exact_json
from atlas_workflows.engine.events import Event, Happened, StepRecord
from atlas_workflows.engine.state import state_to_json
from atlas_workflows.worker.exposures import Exposure, exposures_of
from atlas_workflows.worker.fallback import beginning_again, may_fall_back
from atlas_workflows.worker.messages import (
    beginning_to_json,
    error_given_up,
    error_of,
    event_from_json,
    event_of,
    event_to_json,
    json_text,
    status_given_up,
    status_of,
)
from atlas_workflows.worker.model import (
    LONGEST_CALL,
    Batch,
    Claimed,
    DeadLetter,
    Dispatch,
    End,
    Finished,
    News,
    Place,
    Start,
    Started,
    Starter,
    Turn,
)
from atlas_workflows.worker.sending.aside import put_aside
from atlas_workflows.worker.sending.decision import LOOKED_BACK, Send, decide
from atlas_workflows.worker.sending.facts import Facts, is_transactional, message_in
from atlas_workflows.worker.sending.policy import CHANNEL_OF
from atlas_workflows.worker.turn import contact_of, farewell, news_of_start

LEASE = timedelta(seconds=60)


@dataclass(slots=True)
class Entry:
    """An execution's entry of the queue; `admitted`: it has a place among those that may be under way at once."""

    id: int
    priority: int
    admitted: bool = True
    due_at: datetime | None = None
    fencing: int = 0
    ready: bool = True
    leased: bool = False
    again: bool = False


@dataclass(slots=True)
class Kept:
    """A live execution."""

    workflow: str
    version: int
    subject: str
    started_at: datetime
    document: str
    starter: Starter | None
    recorded: int = 0
    begun: bool = False


@dataclass(slots=True)
class Entered:
    """An effect in the ledger."""

    dispatch: Dispatch
    number: int
    status: str = "intended"
    lease_until: datetime | None = None
    dispatched_at: datetime | None = None
    finished_at: datetime | None = None
    held_until: datetime | None = None
    reason: str | None = None
    given_up: bool = False
    answer: Event | None = None
    error: str | None = None


@dataclass(slots=True)
class MemoryStore:
    """Intake, executions and ledger. `published` holds (organization, workflow) -> version; what is in it is active.

    `at_once` holds how many executions of (organization, workflow) may be under way, where there is a limit.
    `facts` holds what is known of a subject (organization, subject), `exempt` why transactional messages were let go.
    """

    clock: Callable[[], datetime]
    published: dict[Place, int] = field(default_factory=dict)
    at_once: dict[Place, int] = field(default_factory=dict)
    lease: timedelta = LEASE
    queue: dict[Place, Entry] = field(default_factory=dict)
    states: dict[Place, Kept] = field(default_factory=dict)
    inbox: dict[Place, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    enrolments: dict[tuple[str, str, str, str], str] = field(default_factory=dict)
    enrolled_at: dict[tuple[str, str, str], list[datetime]] = field(default_factory=lambda: defaultdict(list))
    effects: dict[Place, Entered] = field(default_factory=dict)
    steps: dict[Place, list[StepRecord]] = field(default_factory=lambda: defaultdict(list))
    ends: dict[Place, End] = field(default_factory=dict)
    reports: dict[Place, Event] = field(default_factory=dict)
    exposures: dict[Place, Exposure] = field(default_factory=dict)  # by organization and the step's key
    facts: dict[tuple[str, str], Facts] = field(default_factory=dict)
    exempt: dict[str, str] = field(default_factory=dict)
    subscriptions: dict[Place, frozenset[str]] = field(default_factory=dict)
    lock: RLock = field(default_factory=RLock)
    fallbacks: dict[Place, int] = field(default_factory=dict)  # (organization, workflow) -> version
    fallen: dict[Place, DeadLetter] = field(default_factory=dict)
    _numbers: int = 0
    _after: str = ""

    def start(self, starts: Sequence[Start]) -> list[Started]:
        with self.lock:
            return [self._start(wish) for wish in starts]

    def tell(self, organization: str, execution: str, event: Event) -> bool:
        with self.lock:
            return self._tell(News(organization, execution, event))

    def tell_all(self, organization: str, subject: str, event: Happened) -> int:
        with self.lock:
            about = [
                place
                for place, kept in self.states.items()
                if place[0] == organization and kept.subject == subject
            ]
            return sum(self._tell(News(*place, event)) for place in about)

    def promote(self) -> int:
        with self.lock:
            now = self.clock()
            due = [e for e in self.queue.values() if not e.ready and e.due_at is not None and e.due_at <= now]
            for entry in due:
                entry.ready, entry.leased, entry.again = True, False, False
            return len(due) + self._admit()

    def checkpoint(self, turns: Sequence[Turn], limit: int) -> tuple[Batch, frozenset[Place]]:
        with self.lock:
            held = [turn for turn in turns if self._holds(turn.claimed)]
            for turn in held:
                self._write(turn)
            self._admit()
            stale = {turn.claimed.place for turn in turns} - {turn.claimed.place for turn in held}
            return self._claim(limit), frozenset(stale)

    def exchange(self, finished: Sequence[Finished], room: Mapping[str, int]) -> list[Dispatch]:
        with self.lock:
            for item in finished:
                self._finish(item)
            return [dispatch for kind, places in room.items() for dispatch in self._take(kind, places)]

    def release(self) -> int:
        with self.lock:
            now = self.clock()
            due = [e for e in self.effects.values() if e.held_until is not None and e.held_until <= now]
            for entered in due:
                entered.status, entered.held_until = "intended", None
            return len(due)

    def take_stale(self, limit: int) -> list[Dispatch]:
        with self.lock:
            now = self.clock()
            stale = [
                e
                for e in self.effects.values()
                if e.status == "dispatching" and e.lease_until is not None and e.lease_until < now
            ]
            for entered in stale[:limit]:
                entered.lease_until = now + self.lease
            return [entered.dispatch for entered in stale[:limit]]

    def _start(self, wish: Start) -> Started:
        version = self.published.get((wish.organization, wish.workflow))
        name = (wish.organization, wish.workflow, wish.subject, wish.anchor)
        if version is None:
            return Started(wish.execution, "refused")
        if name in self.enrolments:
            return Started(wish.execution, "enrolled")
        place = wish.organization, wish.execution
        self.enrolments[name] = wish.execution
        self.enrolled_at[name[:3]].append(self.clock())
        document = json_text(beginning_to_json(wish))
        self.states[place] = Kept(wish.workflow, version, wish.subject, self.clock(), document, wish.waiter)
        # One that another execution waits for never waits for a place: that could be for ever.
        admitted = (wish.organization, wish.workflow) not in self.at_once or wish.waiter is not None
        self.queue[place] = Entry(self._number(), wish.priority, admitted, ready=admitted)
        return Started(wish.execution, "started")

    def _admit(self) -> int:
        """Give free places to executions that wait for one, in the order of their starts; how many."""
        waiting = sorted((entry.id, place) for place, entry in self.queue.items() if not entry.admitted)
        begun = 0
        for _, place in waiting:
            workflow = place[0], self.states[place].workflow
            if self._live(workflow) < self.at_once.get(workflow, math.inf):
                self.queue[place].ready = self.queue[place].admitted = True
                begun += 1
        return begun

    def _live(self, workflow: Place) -> int:
        return sum(
            (place[0], kept.workflow) == workflow and self.queue[place].admitted
            for place, kept in self.states.items()
        )

    def _tell(self, news: News) -> bool:
        place = news.organization, news.execution
        entry = self.queue.get(place)
        if entry is None:
            return False
        self.inbox[place][self._number()] = json_text(event_to_json(news.event))
        entry.ready, entry.again = entry.admitted and not entry.leased, entry.leased
        return True

    def _holds(self, claimed: Claimed) -> bool:
        entry = self.queue.get(claimed.place)
        return entry is not None and entry.leased and entry.fencing == claimed.fencing

    def _write(self, turn: Turn) -> None:
        place, organization = turn.claimed.place, turn.claimed.organization
        self.steps[place] += turn.steps
        for shown in exposures_of([turn]):
            self.exposures.setdefault((organization, shown.key), shown)
        for entered in self._given_up(turn):
            entered.given_up = True
            if entered.status in ("intended", "held"):
                entered.status, entered.held_until = "cancelled", None
        for number, _ in turn.claimed.inbox:
            self.inbox[place].pop(number, None)
        if self._falls_back(turn):
            return
        if turn.end is None:
            self._park(turn)
        else:
            self.ends[place] = turn.end
            if turn.report is not None:
                self.reports[place] = turn.report
            self.queue.pop(place)
            self.states.pop(place, None)
            self.inbox.pop(place, None)
        if turn.subscribes:
            self.subscriptions[place] = turn.subscribes
        if turn.unsubscribes:
            self.subscriptions.pop(place, None)
        self._intend(turn)
        for wish, started in [(wish, self._start(wish)) for wish in turn.starts]:
            self._explain(wish, started)
        for news in [*turn.news, *self._farewells(turn)]:
            self._tell(news)

    def _given_up(self, turn: Turn) -> list[Entered]:
        if turn.end is not None and turn.state is None:
            return [e for e in self.effects.values() if e.dispatch.execution == turn.claimed.execution]
        places = ((turn.claimed.organization, key) for key in turn.given_up)
        return [self.effects[place] for place in places if place in self.effects]

    def _falls_back(self, turn: Turn) -> bool:
        place, kept = turn.claimed.place, self.states[turn.claimed.place]
        version = self.fallbacks.get((place[0], kept.workflow))
        has_asked = any(entered.dispatch.execution == place[1] for entered in self.effects.values())
        if version in (None, kept.version) or has_asked or not may_fall_back(turn):
            return False
        assert version is not None
        assert turn.letter is not None
        kept.version, kept.begun, kept.document = version, False, json_text(dict(beginning_again(turn)))
        kept.recorded += len(turn.steps)
        entry = self.queue[place]
        entry.ready, entry.again, entry.leased, entry.due_at = True, False, False, None
        self.subscriptions.pop(place, None)
        self.fallen[place] = turn.letter
        return True

    def _farewells(self, turn: Turn) -> list[News]:
        organization, ended = turn.claimed.place
        return [
            farewell(*place)
            for place, kept in self.states.items()
            if turn.may_have_nested
            and place[0] == organization
            and kept.starter is not None
            and kept.starter.execution == ended
        ]

    def _park(self, turn: Turn) -> None:
        entry, kept = self.queue[turn.claimed.place], self.states[turn.claimed.place]
        assert turn.state is not None  # an execution that goes on has one
        kept.document, kept.begun = json_text(state_to_json(turn.state)), True
        kept.recorded += len(turn.steps)
        entry.ready, entry.again, entry.leased, entry.due_at = entry.again, False, False, turn.due_at

    def _intend(self, turn: Turn) -> None:
        organization, execution = turn.claimed.place
        contact = contact_of(turn)
        for effect in turn.effects:
            known = self.effects.get((organization, effect.key))
            if known is None or known.status in ("failed", "cancelled", "skipped"):
                dispatches = known.dispatch.dispatches if known else 0
                content = exact_json.loads(json_text(effect.content))
                dispatch = Dispatch(
                    organization,
                    execution,
                    effect.key,
                    effect.kind,
                    dispatches,
                    content,
                    contact,
                    turn.claimed.subject,
                    effect.at,
                )
                self.effects[organization, effect.key] = Entered(dispatch, self._number())
            else:
                known.given_up = False
                if known.status == "done" and known.answer is not None:
                    self._tell(News(organization, execution, known.answer))

    def _explain(self, wish: Start, started: Started) -> None:
        report = self.reports.get((wish.organization, wish.execution))
        news = news_of_start(wish, started.answer, report)
        if news is not None:
            self._tell(news)

    def _claim(self, limit: int) -> Batch:
        now = self.clock()
        ready: dict[str, list[tuple[int, int, Place]]] = defaultdict(list)
        for place, entry in self.queue.items():
            if entry.ready:
                ready[place[0]].append((-entry.priority, entry.id, place))
        behind = sorted(organization for organization in ready if organization > self._after)[:limit]
        found = behind or sorted(ready)[:limit]
        self._after = found[-1] if found and len(found) == limit else ""
        share = math.ceil(limit / len(found)) if found else 0
        chosen = [place for name in found for _, _, place in sorted(ready[name])[:share]][:limit]
        return Batch(now, tuple(self._lease(place, now) for place in chosen))

    def _lease(self, place: Place, now: datetime) -> Claimed:
        entry, kept = self.queue[place], self.states.get(place)
        entry.ready, entry.leased, entry.again = False, True, False
        entry.fencing += 1
        entry.due_at = now + self.lease
        if kept is None:
            return Claimed(*place, entry.fencing)
        inbox = tuple(
            (number, event_from_json(exact_json.loads(text)))
            for number, text in sorted(self.inbox[place].items())
        )
        return Claimed(
            *place,
            entry.fencing,
            kept.workflow,
            kept.version,
            kept.subject,
            kept.started_at,
            kept.recorded,
            kept.begun,
            kept.document,
            kept.starter,
            inbox,
            idle=tuple(self._idle(place, now)),
        )

    def _idle(self, place: Place, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """When effects of an execution waited for their turn or for a person."""
        for entered in self.effects.values():
            given = entered.dispatch
            is_waited_for = (given.organization, given.execution) == place and not entered.given_up
            if not is_waited_for or given.intended_at is None:
                continue
            begun_at = None if entered.status == "intended" else entered.dispatched_at
            yield given.intended_at, begun_at or entered.finished_at or now
            if entered.status == "unknown" and entered.finished_at is not None:
                yield entered.finished_at, now
            elif begun_at is not None:
                ended_at = entered.finished_at or now
                yield min(begun_at + LONGEST_CALL, ended_at), ended_at

    def _take(self, kind: str, places: int) -> list[Dispatch]:
        while chosen := self._chosen(kind, places):
            going = [self._dispatch(entered) for entered in chosen if self._may_go(entered)]
            if going:
                return going
        return []

    def _chosen(self, kind: str, places: int) -> list[Entered]:
        waiting = [e for e in self.effects.values() if e.status == "intended" and e.dispatch.kind == kind]
        by_organization: dict[str, list[Entered]] = defaultdict(list)
        for entered in sorted(waiting, key=lambda entered: entered.number):
            by_organization[entered.dispatch.organization].append(entered)
        share = math.ceil(places / len(by_organization)) if by_organization else 0
        return [e for name in sorted(by_organization) for e in by_organization[name][:share]][:places]

    def _may_go(self, entered: Entered) -> bool:
        message = message_in(
            entered.dispatch.kind, entered.dispatch.content, entered.dispatch.intended_at or self.clock()
        )
        if message is None:
            return True
        known = self.facts.get((entered.dispatch.organization, entered.dispatch.subject), Facts())
        sent = tuple(self._sent(entered, message.channel))
        decision = decide(message, replace(known, sent_at=sent), self.clock())
        if isinstance(decision, Send):
            if decision.exempt_from is not None:
                self.exempt[entered.dispatch.key] = decision.exempt_from
            return True
        aside = put_aside(entered.dispatch.key, decision)
        entered.status, entered.held_until, entered.reason = aside.status, aside.until, aside.reason
        entered.finished_at = self.clock() if aside.status == "skipped" else None
        self._tell(News(entered.dispatch.organization, entered.dispatch.execution, aside.event))
        return False

    def _sent(self, about: Entered, channel: str) -> Iterator[datetime]:
        """When the subject got marketing messages on a channel lately."""
        since = self.clock() - LOOKED_BACK
        for entered in self.effects.values():
            same = (entered.dispatch.organization, entered.dispatch.subject) == (
                about.dispatch.organization,
                about.dispatch.subject,
            )
            if (
                same
                and CHANNEL_OF.get(entered.dispatch.kind) == channel
                and entered.status in ("dispatching", "done", "unknown")
                and not is_transactional(entered.dispatch.content)
                and entered.dispatched_at is not None
                and entered.dispatched_at > since
            ):
                yield entered.dispatched_at

    def _dispatch(self, entered: Entered) -> Dispatch:
        entered.status, entered.lease_until = "dispatching", self.clock() + self.lease
        entered.dispatched_at = self.clock()
        entered.dispatch = replace(entered.dispatch, dispatches=entered.dispatch.dispatches + 1)
        return entered.dispatch

    def _finish(self, item: Finished) -> None:
        given = item.dispatch
        entered = self.effects[given.organization, given.key]
        status = (status_given_up if entered.given_up else status_of)(item.answer)
        is_ours = entered.dispatch.dispatches == given.dispatches
        is_open = entered.status == "dispatching" or (entered.status == "unknown" != status)
        if not (is_ours and is_open):
            return
        entered.status, entered.lease_until = status, None
        entered.finished_at = None if status == "intended" else self.clock()
        entered.error = (error_given_up if entered.given_up else error_of)(item.answer)
        entered.answer = event_of(item)
        if entered.answer is not None:
            self._tell(News(given.organization, given.execution, entered.answer))

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers
