"""What an old engine would do when a workflow starts: steps, planned effects with their keys, waits and branches. Nothing is done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from atlas_workflows.legacy.engine.deeds import (
    INWARD,
    LABELS,
    changes_of,
    content_of,
    is_message,
    kind_of,
    recipients_of,
)
from atlas_workflows.legacy.engine.drawn import OldEdge, OldNode, OldWorkflow
from atlas_workflows.legacy.engine.known import Known, js_number
from atlas_workflows.legacy.engine.lengths import waited_seconds
from atlas_workflows.legacy.engine.outcomes import edges_taken, is_condition, is_loop, is_switch, switch_value
from atlas_workflows.legacy.engine.questions import Answer, answer
from atlas_workflows.legacy.engine.semantics import MAX_STEPS, OldEngine, engine_of

NO_TRIGGER = "No trigger node found in workflow"
TOO_MANY = f"It went around a cycle without end (more than {MAX_STEPS:,} steps)."
_WAITS = frozenset({"wait", "delay", "wait_delay", "dynamic_wait", "schedule"})
_ENDS = frozenset({"end", "exit"})
_NOTES = frozenset({"note"})
# Steps that knew what to do and did nothing to the outside.
_QUIET = frozenset({"parallel", "parallel_processor", "merge", "merge_controller", "filter"}) | INWARD
_LISTS = ("items", "arrayPath", "array_path", "collection", "array", "itemsPath", "inputPath", "dataSource")
_MOST_ROUNDS = 1_000


@dataclass(frozen=True, slots=True)
class Start:
    """What begins an execution. `failures`: what the outside answered, by node. `told`: outcomes of conditions whose
    data nobody kept, by node; they count only where the data at hand leaves a condition open.
    """

    execution: str
    at: datetime
    event: Mapping[str, Any] = field(default_factory=dict)
    contact: Mapping[str, Any] = field(default_factory=dict)
    organization: Mapping[str, Any] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """`status`: completed, failed, or passed (no engine knew what to do; recorded as completed or skipped)."""

    node: str
    status: str
    at: datetime
    error: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedEffect:
    """The same key means the same deed. `recipients` only of messages. `is_stub`: reported as done without being done."""

    key: str
    node: str
    kind: str
    recipients: tuple[str, ...]
    content: Mapping[str, Any]
    at: datetime
    is_stub: bool = False

    @property
    def is_message(self) -> bool:
        return is_message(self.kind) and not self.is_stub


@dataclass(frozen=True, slots=True)
class PlannedWait:
    node: str
    seconds: float


@dataclass(frozen=True, slots=True)
class PlannedBranch:
    """`answer`: true, false, or a switch's value as text. `open`: data it would have needed. `is_told`: by the start."""

    node: str
    answer: str
    open: tuple[str, ...] = ()
    is_told: bool = False


@dataclass(slots=True)
class Plan:
    """`outcome`: completed, failed, or refused (the workflow's own conditions did not hold)."""

    workflow: str
    engine: str
    outcome: str = "completed"
    reason: str | None = None
    steps: list[PlannedStep] = field(default_factory=list)
    effects: list[PlannedEffect] = field(default_factory=list)
    waits: list[PlannedWait] = field(default_factory=list)
    branches: list[PlannedBranch] = field(default_factory=list)


def plan(workflow: OldWorkflow, start: Start, engine: OldEngine) -> Plan:
    """Everything that `engine` would do for this start. Pure and deterministic; effects are off by construction."""
    return _Run(workflow, start, engine).play()


class _Run:
    def __init__(self, workflow: OldWorkflow, start: Start, engine: OldEngine) -> None:
        self.workflow, self.start, self.engine = workflow, start, engine
        self.seen = Plan(workflow.id, engine.called)
        self.known = Known(workflow.variables, start.event, dict(start.contact), start.organization, start.at)
        self.visits: dict[str, int] = {}
        self.visited = 0  # of all nodes; a note leaves no step behind, and may lie on a cycle all the same
        self.waiting: list[OldNode] = []

    def play(self) -> Plan:
        first = self.workflow.start
        if first is None:
            return self._over("failed", NO_TRIGGER)
        if self.workflow.gate and not answer(self.workflow.gate, self.known, self.engine).holds:
            return self._over("refused", "The workflow's own conditions did not hold.")
        self.waiting = [first]
        while self.waiting and self.seen.outcome == "completed":
            self._visit(self.waiting.pop())
        return self.seen

    def _over(self, outcome: str, reason: str | None) -> Plan:
        self.seen.outcome, self.seen.reason = outcome, reason
        return self.seen

    def _visit(self, node: OldNode) -> None:
        if node.id in self.visits and not self.engine.repeats:
            return
        if self.visited >= MAX_STEPS:
            self._over("failed", TOO_MANY)
            return
        self.visited += 1
        self.visits[node.id] = self.visits.get(node.id, 0) + 1
        if not node.is_trigger and self._is_left_out(node):
            self._follow(node, None)
            return
        error = self.start.failures.get(node.id)
        if error is not None:
            self._fail(node, error)
            return
        self._execute(node)

    def _is_left_out(self, node: OldNode) -> bool:
        """An action's own conditions skip the action, not what follows."""
        raw = node.settings.get("conditions") or node.settings.get("condition")
        if not raw or kind_of(node) is None or answer(raw, self.known, self._engine(node)).holds:
            return False
        self._step(node, "passed")
        return True

    def _fail(self, node: OldNode, error: str) -> None:
        self.seen.steps.append(PlannedStep(node.id, "failed", self.known.now, error))
        if self.workflow.goes_on:
            self._follow(node, None, failed=True)
        else:
            self._over("failed", error)

    def _execute(self, node: OldNode) -> None:
        engine = self._engine(node)
        if is_condition(node):
            self._decide(node, engine)
        elif is_switch(node):
            self._switch(node, engine)
        elif self._is_wait(node):
            self._step(node, "completed")
            seconds = waited_seconds(node.settings, self.known, engine)
            self.seen.waits.append(PlannedWait(node.id, seconds))
            self.known.now += timedelta(seconds=seconds)
            self._follow(node, None)
        else:
            self._act(node, engine)
            if node.word not in _ENDS:
                self._follow(node, None)

    def _is_wait(self, node: OldNode) -> bool:
        is_labelled = node.is_flat and node.type in ("action", "")
        return LABELS.get(node.label) == "wait" if is_labelled else node.word in _WAITS or node.type in _WAITS

    def _act(self, node: OldNode, engine: OldEngine) -> None:
        kind = kind_of(node)
        if kind is None:
            is_known = node.is_trigger or is_loop(node) or node.word in _QUIET | _ENDS | {"set_variable"}
            if node.word not in _NOTES:
                self._step(node, "completed" if is_known else "passed")
            if node.word == "set_variable":
                self._store(node)
            return
        content = content_of(kind, node.settings, self.known, engine)
        self._step(node, "completed")
        if kind in ("add_tags", "remove_tags") and not content["tags"]:
            return  # nothing to add or to take away
        self.seen.effects.append(
            PlannedEffect(
                key=self._key(node),
                node=node.id,
                kind=kind,
                recipients=recipients_of(kind, node.settings, self.known, engine),
                content=content,
                at=self.known.now,
                is_stub=kind in engine.stubs,
            )
        )
        self.known.contact.update(changes_of(kind, content, self.known.contact))

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
        self.seen.branches.append(PlannedBranch(node.id, word, found.open, is_told))
        self._step(node, "completed")
        self._follow(node, None if engine.both_branches else word)

    def _switch(self, node: OldNode, engine: OldEngine) -> None:
        value, case = switch_value(node, self.known, engine)
        self.seen.branches.append(PlannedBranch(node.id, value))
        self._step(node, "completed")
        self._follow(node, case)

    def _step(self, node: OldNode, status: str) -> None:
        self.seen.steps.append(PlannedStep(node.id, status, self.known.now))

    def _follow(self, node: OldNode, branch: str | None, *, failed: bool = False) -> None:
        """Line up what comes next, the first edge on top: engines went into the depth before the next edge."""
        edges = edges_taken(node, self.workflow.leaving.get(node.id, ()), branch, failed=failed)
        targets = [self.workflow.by_id[edge.target] for edge in edges if self._lets_through(edge)]
        self.waiting += targets[::-1] * (self._rounds(node) if is_loop(node) else 1)

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

    def _key(self, node: OldNode) -> str:
        """Execution and node, and the visit beyond the first: names the deed for all time, like a step of ours."""
        visit = self.visits[node.id]
        escaped = node.id.replace("%", "%25").replace("/", "%2F").replace("#", "%23")
        return f"{self.start.execution}/{escaped}" + (f"#{visit}" if visit > 1 else "")


def _stated(settings: Mapping[str, Any]) -> Any:
    """The part of a condition's settings that states it."""
    inner = settings.get("condition")
    if inner and not settings.keys() & {"field", "conditions", "conditionType", "rules"}:
        return inner
    return settings
