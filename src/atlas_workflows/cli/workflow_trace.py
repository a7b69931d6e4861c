"""The trace of a simulated execution, as a person who owns a gym would want to read it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape

from atlas_workflows import exact_json
from atlas_workflows.cli.terminal import without_controls
from atlas_workflows.cli.workflow_execution import Played
from atlas_workflows.engine.events import Effect, StepRecord, Waiting
from atlas_workflows.engine.nesting import STARTS
from atlas_workflows.engine.simulation import Simulation
from atlas_workflows.errors import AtlasError
from atlas_workflows.expressions.moment import zone_named
from atlas_workflows.graph.model import Workflow
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.schedule.describe import describe
from atlas_workflows.schedule.question import answer
from atlas_workflows.schedule.spec import parse_spec

_COLOURS = {"completed": "green", "failed": "red", "skipped": "dim", "cancelled": "dim", "waiting": "yellow"}
_LONGEST_VALUE = 160
_INDENT = " " * 27
_LINES_AT_ONCE = 500  # one call of rich for each line takes five times as long


def show_trace(workflow: Workflow, played: Played, console: Console) -> None:
    """Print every step with its time in the workflow's zone, what it would do, and how it ended."""
    lines: list[str] = []
    for line in _Trace(workflow, played).lines():
        # A step is a line, whatever its name holds.
        lines.append(without_controls(" ".join(line.splitlines())))
        if len(lines) >= _LINES_AT_ONCE:
            console.print("\n".join(lines), highlight=False, soft_wrap=True)
            lines.clear()
    console.print("\n".join(lines), highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class _Trace:
    workflow: Workflow
    played: Played
    names: dict[tuple[str, str], str] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        first = self.played.simulation
        zone = self.workflow.settings.timezone
        yield f"[bold]{escape(self.workflow.name)}[/], starting {self._local(first.state.started_at)} ({zone})"
        yield from self._about_the_trigger()
        everybody = [first, *first.nested]
        effects = {effect.key: effect for seen in everybody for effect in seen.effects}
        shown: set[int] = set()
        for seen, step in first.story:
            if seen.started_by is not None and id(seen) not in shown:
                shown.add(id(seen))
                yield self._beginning_of(seen)
            yield from self._step(seen, step, effects.get(step.key))
        yield from self._error_workflows(first)
        for seen in everybody:
            for wait in seen.waits if not seen.state.is_over else ():
                yield self._wait(seen, wait)
        yield from self._end(everybody)

    def _local(self, at: datetime) -> str:
        return at.astimezone(zone_named(self.workflow.settings.timezone)).strftime("%a %d %b %Y %H:%M:%S")

    def _about_the_trigger(self) -> Iterator[str]:
        trigger, said = self.played.trigger, self.played.answer
        kind = load_catalogue().trigger(trigger.type, trigger.version)
        name = (
            f"{_INDENT}Trigger: {escape(kind.title if kind else trigger.type)} [dim]({escape(trigger.id)})[/]"
        )
        refused = self.played.simulation.outcome == "not_started"
        if said.reasons:
            yield f"{name}, [yellow]which would not have fired[/]"
            for reason in () if refused else said.reasons:
                yield f"{_INDENT}{escape(reason)}"
        else:
            yield name if trigger.enabled else f"{name}, [yellow]which is switched off[/]"
        yield from self._schedule()
        if said.unchecked:
            yield f"{_INDENT}[dim]Not checked, because the input does not say: {escape(', '.join(said.unchecked))}[/]"
        events = self.played.events
        for count, cause in ((events.of_others, "about somebody else"), (events.repeated, "given twice")):
            if count:
                yield f"{_INDENT}[dim]Events left out because they are {cause}: {count}[/]"

    def _schedule(self) -> Iterator[str]:
        spec = self.played.trigger.parameters.get("schedule")
        if not isinstance(spec, Mapping):
            return
        try:
            asked = {"spec": spec, "count": 1, "from": self.played.simulation.state.started_at.isoformat()}
            found = answer(asked, self.played.simulation.state.started_at)["occurrences"]
            words = describe(parse_spec(spec))
        except AtlasError as error:
            yield f"{_INDENT}[yellow]Its schedule cannot be followed: {escape(error.fact)}[/]"
            return
        after = self._local(datetime.fromisoformat(found[0]["at"])) if found else "never again"
        yield f"{_INDENT}{escape(words)} Next: {after}."

    def _beginning_of(self, seen: Simulation) -> str:
        return f"{self._local(seen.state.started_at)}  [bold]{escape(seen.workflow.name)}[/] begins"

    def _step(self, seen: Simulation, step: StepRecord, effect: Effect | None) -> Iterator[str]:
        colour = _COLOURS[step.status]
        round_ = f" round {step.iteration + 1}" if step.iteration else ""
        attempt = f" attempt {step.attempt}" if step.attempt > 1 else ""
        port = f" → {step.port}" if step.port not in (None, "main") else ""
        when = self._local(step.finished_at or step.started_at)
        yield f"{when}  [{colour}]{step.status:9}[/] {self._name(seen, step.node)}{round_}{attempt}{escape(port)}"
        if effect is not None and step.status == "completed":
            yield from self._deed(effect)
        for line in (self._waited(step), step.note, step.error or "", _gives(step), _unresolved(step)):
            if line:
                yield f"{_INDENT}{escape(line)}"

    def _name(self, seen: Simulation, node: str) -> str:
        workflow = seen.workflow
        if (workflow.id, node) not in self.names:
            self.names.update(
                {(workflow.id, each.id): each.name or _title(each.type) for each in workflow.nodes}
            )
        inside = f"{escape(workflow.name)} › " if seen.started_by is not None else ""
        return f"{inside}[bold]{escape(self.names[workflow.id, node])}[/] [dim]({escape(node)})[/]"

    def _waited(self, step: StepRecord) -> str:
        if step.type != "wait" or step.finished_at in (None, step.started_at):
            return ""
        ended = " Nothing came in time." if step.port == "timeout" else ""
        return f"Waited since {self._local(step.started_at)}.{ended}"

    def _deed(self, effect: Effect) -> Iterator[str]:
        remark = self.played.simulation.remarks.get(effect.key)
        if effect.kind in STARTS and remark is None:
            return
        yield f"{_INDENT}[cyan]would {escape(_deed(effect.kind))}[/]"
        content = effect.content if isinstance(effect.content, Mapping) else {"content": effect.content}
        for name, value in content.items():
            text = value if isinstance(value, str) else _listed(value)
            yield f"{_INDENT}  {escape(str(name).replace('_', ' '))}: {escape(_short(text))}"
        if remark is not None:
            yield f"{_INDENT}{escape(remark)}"

    def _error_workflows(self, first: Simulation) -> Iterator[str]:
        """Starts that no step waits for and that could only be planned."""
        for effect in first.effects:
            if effect.kind == "start_workflow" and effect.key in first.remarks:
                yield f"{self._local(effect.at)}  The error workflow"
                yield from self._deed(effect)

    def _wait(self, seen: Simulation, wait: Waiting) -> str:
        until = f"until {self._local(wait.due_at)}" if wait.due_at else "without a time limit"
        events = f" for {escape(' or '.join(wait.event_types))}" if wait.event_types else ""
        return (
            f"{self._local(wait.since)}  [yellow]waiting  [/] {self._name(seen, wait.node)} {until}{events}"
        )

    def _end(self, everybody: list[Simulation]) -> Iterator[str]:
        first = everybody[0]
        finished = first.state.finished_at
        colour = {"failed": "red", "timeout": "red", "waiting": "yellow", "not_started": "yellow"}
        when = f" at {self._local(finished)}" if finished and first.outcome != "not_started" else ""
        planned = [
            e for seen in everybody for e in seen.effects if e.kind not in STARTS or e.key in first.remarks
        ]
        counts = Counter(_deed(effect.kind) for effect in planned)
        deeds = ", ".join(f"{deed} × {count}" if count > 1 else deed for deed, count in counts.most_common())
        yield f"[bold {colour.get(first.outcome, 'green')}]{escape(first.outcome.replace('_', ' '))}[/]{when}; would {escape(deeds or 'do nothing outside')}"
        if first.state.reason:
            yield escape(first.state.reason)
        if first.outcome == "not_started":
            yield "To see what it would do all the same, add --anyway."


def _title(type_: str) -> str:
    kind = load_catalogue().node(type_, 1)
    return kind.title if kind is not None else type_


def _deed(kind: str) -> str:
    """What an effect does, in the words of the node's title, as they stand behind "would"."""
    found = load_catalogue().node(kind, 1)
    if kind in STARTS or found is None:
        return "start the workflow" if kind in STARTS else kind.replace("_", " ")
    first = found.title.split()[0]
    return f"make {found.title}" if first.isupper() else found.title[:1].lower() + found.title[1:]


def _gives(step: StepRecord) -> str:
    if step.output is None or step.note:
        return ""
    return f"gives {_short(exact_json.dumps_text(step.output))}"


def _listed(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return exact_json.dumps_text(value)


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST_VALUE else f"{plain[:_LONGEST_VALUE]}…"


def _unresolved(step: StepRecord) -> str:
    return f"Without a value: {', '.join(step.unresolved[:10])}" if step.unresolved else ""
