"""An execution of the old format, stop by stop: where it stands is data, and it goes on from what came of the last stop. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from atlas_workflows.legacy.engine.deeds import (
    INWARD,
    LABELS,
    changes_of,
    content_of,
    kind_of,
    recipients_of,
)
from atlas_workflows.legacy.engine.drawn import OldEdge, OldNode, OldWorkflow
from atlas_workflows.legacy.engine.known import Known, js_number
from atlas_workflows.legacy.engine.lengths import waited_seconds
from atlas_workflows.legacy.engine.outcomes import edges_taken, is_condition, is_loop, is_switch, switch_value
from atlas_workflows.legacy.engine.planned import (
    PlannedBranch,
    PlannedEffect,
    PlannedStep,
    PlannedWait,
    Start,
)
from atlas_workflows.legacy.engine.questions import Answer, answer
from atlas_workflows.legacy.engine.semantics import MAX_STEPS, OldEngine, engine_of

NO_TRIGGER = "No trigger node found in workflow"
TOO_MANY = f"It went around a cycle without end (more than {MAX_STEPS:,} steps)."
_WAITS = frozenset({"wait", "delay", "wait_delay", "dynamic_wait", "schedule"})
_ENDS = frozenset({"end", "exit"})
_NOTES = frozenset({"note"})
# Steps that knew what to do and did nothing to the outside.
_QUIET = frozenset({"parallel", "parallel_processor", "merge", "merge_controller", "filter"}) | INWARD
_KNOWN = _QUIET | _ENDS | {"set_variable"}
_LISTS = ("items", "arrayPath", "array_path", "collection", "array", "itemsPath", "inputPath", "dataSource")
_MOST_ROUNDS = 1_000

Stop = PlannedEffect | PlannedWait


@dataclass(slots=True)
class Position:
    """Where an execution stands between two stops. `waiting` are ids of nodes, the next one last; `steps` is how many it took.

    `contact` is the lead as the workflow's own steps changed it, `made` are values that steps stored.
    """

    contact: dict[str, Any]
    waiting: list[str] = field(default_factory=list)
    visits: dict[str, int] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)
    steps: int = 0


class Course:
    """Goes from stop to stop: `go` until something has to be done outside or waited for, then `done`, `failed`, `skipped`
    or `passed`. `outcome` is None while it goes on, then completed, failed, or refused (the workflow's own conditions did
    not hold).
    """

    def __init__(
        self, workflow: OldWorkflow, start: Start, engine: OldEngine, position: Position | None = None
    ) -> None:
        self.workflow, self.start, self.engine = workflow, start, engine
        self.position = position or Position(dict(start.contact))
        self.known = Known(
            workflow.variables,
            start.event,
            self.position.contact,
            start.organization,
            start.at,
            self.position.made,
        )
        self.outcome: str | None = None
        self.reason: str | None = None
        self.steps: list[PlannedStep] = []
        self.branches: list[PlannedBranch] = []

    def begin(self) -> None:
        """Stand at the beginning, unless there is none or the workflow's own conditions do not hold."""
        first = self.workflow.start
        if first is None:
            self._over("failed", NO_TRIGGER)
        elif self.workflow.gate and not answer(self.workflow.gate, self.known, self.engine).holds:
            self._over("refused", "The workflow's own conditions did not hold.")
        else:
            self.position.waiting = [first.id]

    def go(self) -> Stop | None:
        """The next stop; None where it is over."""
        while self.outcome is None:
            if not self.position.waiting:
                self._over("completed", None)
                break
            stop = self._visit(self.workflow.by_id[self.position.waiting.pop()])
            if stop is not None:
                return stop
        return None

    def done(self, effect: PlannedEffect, news: Mapping[str, Any] | None = None) -> None:
        """The effect was done; `news` is what it changed about the lead beyond what the step itself said."""
        node = self._after(effect.node, "completed")
        self.known.contact.update(changes_of(effect.kind, dict(effect.content), self.known.contact))
        self.known.contact.update(news or {})
        if node.word not in _ENDS:
            self._follow(node, None)

    def skipped(self, effect: PlannedEffect, reason: str) -> None:
        """It is not done, on purpose."""
        self._follow(self._after(effect.node, "passed", reason), None)

    def failed(self, effect: PlannedEffect, error: str) -> None:
        """It was not done, for certain."""
        self._fail(self.workflow.by_id[effect.node], error)

    def passed(self, wait: PlannedWait) -> None:
        """The wait is over."""
        node = self.workflow.by_id[wait.node]
        self._step(node, "completed", at=wait.at)
        self._follow(node, None)

    def effect_again(self, node: str) -> PlannedEffect | None:
        """The effect of the visit at hand, as `go` gave it."""
        found = self.workflow.by_id[node]
        kind = kind_of(found)
        return None if kind is None else self._effect(found, kind, self._engine(found))

    def key_of(self, node: OldNode) -> str:
        """Execution and node, and the visit beyond the first: names the deed for all time, like a step of ours."""
        visit = self.position.visits.get(node.id, 1)
        escaped = node.id.replace("%", "%25").replace("/", "%2F").replace("#", "%23")
        return f"{self.start.execution}/{escaped}" + (f"#{visit}" if visit > 1 else "")

    def _after(self, node_id: str, status: str, note: str = "") -> OldNode:
        node = self.workflow.by_id[node_id]
        self._step(node, status, note=note)
        return node

    def _over(self, outcome: str, reason: str | None) -> None:
        self.outcome, self.reason = outcome, reason

    def _visit(self, node: OldNode) -> Stop | None:
        visits = self.position.visits
        if node.id in visits and not self.engine.repeats:
            return None
        if self.position.steps >= MAX_STEPS:
            self._over("failed", TOO_MANY)
            return None
        visits[node.id] = visits.get(node.id, 0) + 1
        if not node.is_trigger and self._is_left_out(node):
            self._follow(node, None)
            return None
        error = self.start.failures.get(node.id)
        if error is not None:
            self._fail(node, error)
            return None
        return self._execute(node)

    def _is_left_out(self, node: OldNode) -> bool:
        """An action's own conditions skip the action, not what follows."""
        raw = node.settings.get("conditions") or node.settings.get("condition")
        if not raw or kind_of(node) is None or answer(raw, self.known, self._engine(node)).holds:
            return False
        self._step(node, "passed", note="Its own conditions did not hold.")
        return True

    def _fail(self, node: OldNode, error: str) -> None:
        self._step(node, "failed", error=error)
        if self.workflow.goes_on:
            self._follow(node, None, failed=True)
        else:
            self._over("failed", error)

    def _execute(self, node: OldNode) -> Stop | None:
        engine = self._engine(node)
        if is_condition(node):
            self._decide(node, engine)
        elif is_switch(node):
            self._switch(node, engine)
        elif self._is_wait(node):
            seconds = waited_seconds(node.settings, self.known, engine)
            return PlannedWait(node.id, seconds, self.known.now, self.key_of(node))
        else:
            return self._act(node, engine)
        return None

    def _is_wait(self, node: OldNode) -> bool:
        is_labelled = node.is_flat and node.type in ("action", "")
        return LABELS.get(node.label) == "wait" if is_labelled else node.word in _WAITS or node.type in _WAITS

    def _act(self, node: OldNode, engine: OldEngine) -> PlannedEffect | None:
        kind = kind_of(node)
        effect = None if kind is None else self._effect(node, kind, engine)
        # Without a tag there is nothing to add or to take away.
        if effect is not None and effect.content.get("tags") != []:
            return effect
        if effect is not None:
            self._step(node, "completed")
        elif node.word in _NOTES:
            self.position.steps += 1  # never recorded, and a cycle of notes ends all the same
        elif node.is_trigger or is_loop(node) or node.word in _KNOWN:
            self._step(node, "completed")
        else:
            self._step(node, "passed", "No old engine knew what to do.")
        if node.word == "set_variable":
            self._store(node)
        if node.word not in _ENDS:
            self._follow(node, None)
        return None

    def _effect(self, node: OldNode, kind: str, engine: OldEngine) -> PlannedEffect:
        return PlannedEffect(
            key=self.key_of(node),
            node=node.id,
            kind=kind,
            recipients=recipients_of(kind, node.settings, self.known, engine),
            content=content_of(kind, node.settings, self.known, engine),
            at=self.known.now,
            is_stub=kind in engine.stubs,
        )

    def _store(self, node: OldNode) -> None:
        name = node.settings.get("variableName", node.settings.get("name"))
        if isinstance(name, str):
            self.known.made[name] = node.settings.get("value", node.settings.get("variableValue"))

    def _decide(self, node: OldNode, engine: OldEngine) -> None:
        found = answer(_stated(node.settings), self.known, engine)
        is_told = bool(found.open) and node.id in self.start.told
        if is_told:
            found = Answer(self.start.told[node.id], found.open)
        word = "true" if found.holds else "false"
        self.branches.append(PlannedBranch(node.id, word, found.open, is_told))
        self._step(node, "completed", port=word)
        self._follow(node, None if engine.both_branches else word)

    def _switch(self, node: OldNode, engine: OldEngine) -> None:
        value, case = switch_value(node, self.known, engine)
        self.branches.append(PlannedBranch(node.id, value))
        self._step(node, "completed", port=case)
        self._follow(node, case)

    def _step(
        self,
        node: OldNode,
        status: str,
        note: str = "",
        *,
        port: str | None = None,
        error: str | None = None,
        at: datetime | None = None,
    ) -> None:
        self.position.steps += 1
        at = self.known.now if at is None else at
        self.steps.append(PlannedStep(node.id, status, at, error, self.key_of(node), port, note))

    def _follow(self, node: OldNode, branch: str | None, *, failed: bool = False) -> None:
        """Line up what comes next, the first edge on top: engines went into the depth before the next edge."""
        edges = edges_taken(node, self.workflow.leaving.get(node.id, ()), branch, failed=failed)
        targets = [edge.target for edge in edges if self._lets_through(edge)]
        self.position.waiting += targets[::-1] * (self._rounds(node) if is_loop(node) else 1)

    def _lets_through(self, edge: OldEdge) -> bool:
        if not self.engine.edge_conditions or not isinstance(edge.condition, Mapping):
            return True
        told = edge.condition.get("type")
        if "operator" not in edge.condition and isinstance(told, str):
            raw = {**edge.condition, "operator": told}
            return told in ("success", "error") or answer(raw, self.known, self.engine).holds
        return answer(edge.condition, self.known, self.engine).holds

    def _rounds(self, node: OldNode) -> int:
        """How often the repeating engine went on; the others ran a loop's body once, whatever it says."""
        if not self.engine.repeats:
            return 1
        settings = node.settings
        path = next((settings[key] for key in _LISTS if isinstance(settings.get(key), str)), None)
        items = self.known.look(path.strip("{} ")) if path else None
        count = (
            len(items)
            if isinstance(items, list)
            else js_number(settings.get("iterations", settings.get("count")))
        )
        most = js_number(settings.get("maxIterations")) or 10
        return int(min(max(count if count is not None else 1, 0), most, _MOST_ROUNDS))

    def _engine(self, node: OldNode) -> OldEngine:
        return engine_of(node.is_flat, self.engine)


def _stated(settings: Mapping[str, Any]) -> Any:
    """The part of a condition's settings that states it."""
    inner = settings.get("condition")
    if inner and not settings.keys() & {"field", "conditions", "conditionType", "rules"}:
        return inner
    return settings
