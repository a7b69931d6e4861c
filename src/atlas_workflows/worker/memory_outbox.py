"""The outbox in memory, beside the store in memory: the same contract as PostgreSQL's, for tests and trials."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from atlas_workflows.graph.model import Trigger, Workflow
from atlas_workflows.integrations.crm.told import By, as_compared, wanted
from atlas_workflows.worker.arrivals import (
    Arrived,
    Consequences,
    Decide,
    Handled,
    Listening,
    Occurred,
    Refusal,
)
from atlas_workflows.worker.enrolment import about, happened, heard_as, member_told, rounds
from atlas_workflows.worker.memory import MemoryStore
from atlas_workflows.worker.model import LATELY, Place

KINDS = ("lead", "client", "contact")  # of people, in the order in which they are looked at


@dataclass(slots=True)
class MemoryOutbox:
    """`workflows` holds what is published; `contacts` what the CRM says of (organization, subject), a subject being `lead:<id>`."""

    store: MemoryStore
    workflows: dict[Place, Workflow] = field(default_factory=dict)
    contacts: dict[Place, Mapping[str, Any]] = field(default_factory=dict)
    waiting: list[Occurred] = field(default_factory=list)
    known: set[tuple[str, str]] = field(default_factory=set)
    handled: list[Occurred] = field(default_factory=list)
    refusals: dict[tuple[str, str, str, str], Refusal] = field(default_factory=dict)
    errors: dict[tuple[str, str], str] = field(default_factory=dict)

    def emit(self, event: Occurred) -> bool:
        """Take an event in; False where its key is known already."""
        with self.store.lock:
            name = event.organization, event.key
            if name in self.known:
                return False
            self.known.add(name)
            self.waiting.append(event)
            return True

    def handle(self, decide: Decide, limit: int) -> Handled:
        with self.store.lock:
            taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
            taken = [self._about_whom(event) for event in taken]
            return sum((self._one(event, decide) for part in rounds(taken) for event in part), Handled())

    def handle_deferred(self, decide: Decide, limit: int) -> Handled:  # noqa: ARG002
        return Handled()  # here nobody owned a workflow before

    def forget(self) -> int:
        return 0

    def _one(self, event: Occurred, decide: Decide) -> Handled:
        contact = self.contacts.get((event.organization, event.about))
        arrived = Arrived(event, self._listening(event), contact, earlier=lambda: self._earlier(event))
        told = self._tell(arrived)
        then = decide(arrived)
        for refusal in then.refusals:
            name = event.organization, event.about, refusal.listening.workflow, refusal.listening.trigger
            self.refusals[name] = refusal
        if then.error is not None:
            self.errors[event.organization, event.key] = then.error
        self.handled.append(event)
        return Handled(1, self._start(then), told, int(then.error is not None))

    def _about_whom(self, event: Occurred) -> Occurred:
        member = member_told(event)
        if member is None:
            return event
        return about(event, self._member(event.organization, member["by"], str(member.get("value"))))

    def _member(self, organization: str, by: By, value: str) -> str | None:
        """The subject of the one person told so; None where it is nobody, or several."""
        told = wanted(by, value)
        for kind in KINDS if told else ():
            found = [
                subject
                for (owner, subject), contact in self.contacts.items()
                if owner == organization
                and subject.startswith(f"{kind}:")
                and as_compared(by, str(contact.get(by) or "")) == told
            ]
            if found:
                return found[0] if len(found) == 1 else None
        return None

    def _earlier(self, event: Occurred) -> list[Occurred]:
        place = event.organization, event.about
        about = (e for e in self.handled if (e.organization, e.about) == place and e.at <= event.at)
        return sorted(about, key=lambda e: e.at, reverse=True)

    def _start(self, then: Consequences) -> int:
        return sum(answer.answer == "started" for answer in self.store.start(then.starts))

    def _tell(self, arrived: Arrived) -> int:
        event, told = arrived.event, set()
        for place, kept in self.store.states.items():
            if place[0] != event.organization or kept.subject != event.about:
                continue
            for name in self._names(place, event, has_begun=kept.begun):
                self.store.tell(*place, happened(event, name, arrived.contact))
                told.add(place)
        return len(told)

    def _names(self, place: Place, event: Occurred, *, has_begun: bool) -> Sequence[str]:
        """Under which names an execution hears of an event; none where it does not."""
        names = heard_as(event.type)
        if not has_begun:
            return names
        wanted = self.store.subscriptions.get(place, frozenset())
        found = [name for name in names if name in wanted]
        return list(dict.fromkeys([*names[:1], *found])) if "*" in wanted else found

    def _listening(self, event: Occurred) -> list[Listening]:
        return [
            self._stands(event, workflow, trigger)
            for (organization, workflow), found in sorted(self.workflows.items())
            if organization == event.organization
            for trigger in found.triggers
            if trigger.enabled and self._hears(trigger, event)
        ]

    def _hears(self, trigger: Trigger, event: Occurred) -> bool:
        name = trigger.parameters.get("name") if trigger.type == "event" else trigger.type
        return name in heard_as(event.type)

    def _stands(self, event: Occurred, workflow: str, trigger: Trigger) -> Listening:
        place = event.organization, workflow
        entered = self.store.enrolled_at.get((*place, event.about), [])
        return Listening(
            workflow,
            self.store.published[place],
            trigger.id,
            entered_at=max(entered, default=None),
            entered_lately=sum(at > self.store.clock() - LATELY for at in entered),
            is_inside=any(
                kept.workflow == workflow and kept.subject == event.about
                for (organization, _), kept in self.store.states.items()
                if organization == event.organization
            ),
        )
