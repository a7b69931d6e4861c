"""The trace of a simulated execution, as a person who owns a gym would want to read it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape

from atlas_workflows import exact_json
from atlas_workflows.engine.events import Effect, StepRecord, Waiting
from atlas_workflows.engine.simulation import Simulation
from atlas_workflows.expressions.moment import zone_named
from atlas_workflows.graph.model import Workflow
from atlas_workflows.nodes.catalogue import load_catalogue

_COLOURS = {"completed": "green", "failed": "red", "skipped": "dim", "cancelled": "dim", "waiting": "yellow"}
_LONGEST_VALUE = 160


def show_trace(workflow: Workflow, played: Simulation, console: Console) -> None:
    """Print every step with its time in the workflow's zone, what it would do, and how it ended."""
    zone = zone_named(workflow.settings.timezone)
    names = {node.id: node.name or _title(node.type) for node in workflow.nodes}
    effects = {effect.key: effect for effect in played.effects}

    def local(at: datetime) -> str:
        return at.astimezone(zone).strftime("%a %d %b %Y %H:%M:%S")

    console.print(
        f"[bold]{escape(workflow.name)}[/] from {local(played.state.started_at)} ({zone})", highlight=False
    )
    for step in played.steps:
        _show_step(step, names[step.node], effects.get(step.key), local, console)
    for wait in played.waits:
        _show_wait(wait, names[wait.node], local, console)
    _show_end(played, local, console)


def _title(type_: str) -> str:
    kind = load_catalogue().node(type_, 1)
    return kind.title if kind is not None else type_


def _show_step(step: StepRecord, name: str, effect: Effect | None, local: Any, console: Console) -> None:
    colour = _COLOURS[step.status]
    round_ = f" round {step.iteration + 1}" if step.iteration else ""
    attempt = f" attempt {step.attempt}" if step.attempt > 1 else ""
    port = f" → {step.port}" if step.port not in (None, "main") else ""
    when = local(step.finished_at or step.started_at)
    head = f"{when}  [{colour}]{step.status:9}[/] [bold]{escape(name)}[/] [dim]({escape(step.node)})[/]{round_}{attempt}{escape(port)}"
    console.print(head, highlight=False, soft_wrap=True)
    if effect is not None and step.status == "completed":
        _show_content(effect, console)
    for line in (step.note, step.error or "", _gives(step), _unresolved(step)):
        if line:
            console.print(f"{'':27}{escape(line)}", highlight=False, soft_wrap=True)


def _gives(step: StepRecord) -> str:
    if step.output is None or step.note:
        return ""
    return f"gives {_short(exact_json.dumps_text(step.output))}"


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST_VALUE else f"{plain[:_LONGEST_VALUE]}…"


def _unresolved(step: StepRecord) -> str:
    return f"Without a value: {', '.join(step.unresolved[:10])}" if step.unresolved else ""


def _show_content(effect: Effect, console: Console) -> None:
    console.print(
        f"{'':27}[cyan]would {escape(effect.kind.replace('_', ' '))}[/]", highlight=False, soft_wrap=True
    )
    content = effect.content if isinstance(effect.content, Mapping) else {"content": effect.content}
    for name, value in content.items():
        text = value if isinstance(value, str) else exact_json.dumps_text(value)
        text = text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
        console.print(
            f"{'':29}{escape(str(name))}: {escape(' '.join(text.split()))}", highlight=False, soft_wrap=True
        )


def _show_wait(wait: Waiting, name: str, local: Any, console: Console) -> None:
    until = f"until {local(wait.due_at)}" if wait.due_at else "without end"
    events = f" for {', '.join(wait.event_types)}" if wait.event_types else ""
    head = f"{local(wait.since)}  [yellow]waiting  [/] [bold]{escape(name)}[/] [dim]({escape(wait.node)})[/] {until}{escape(events)}"
    console.print(head, highlight=False, soft_wrap=True)


def _show_end(played: Simulation, local: Any, console: Console) -> None:
    finished = played.state.finished_at
    colour = {"failed": "red", "timeout": "red", "waiting": "yellow"}.get(played.outcome, "green")
    when = f" at {local(finished)}" if finished else ""
    console.print(
        f"[bold {colour}]{escape(played.outcome)}[/]{when}, {len(played.effects)} effects planned",
        highlight=False,
    )
    if played.state.reason:
        console.print(escape(played.state.reason), highlight=False, soft_wrap=True)
