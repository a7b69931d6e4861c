"""What the interpreter asks of a node, and what a node may answer. `nodes/` implements it, one file per type."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from atlas_workflows.expressions.condition import Group, Leaf
from atlas_workflows.expressions.evaluate import compile_condition
from atlas_workflows.expressions.moment import Moment
from atlas_workflows.expressions.paths import MISSING, look_up, parse_path
from atlas_workflows.expressions.templates import parse_template, render_template, single_placeholder
from atlas_workflows.graph.catalogue import Role
from atlas_workflows.graph.model import MAIN_PORT, Node


class StepFailed(Exception):
    """A node could not do its work. `cause` is the error class that retry policies name."""

    def __init__(self, cause: str, message: str, *, may_retry: bool = False) -> None:
        super().__init__(message)
        self.cause = cause
        self.message = message
        self.may_retry = may_retry


@dataclass(slots=True)
class Call:
    """Everything a node may look at. `memory` is what a loop kept of its last round; None when it is entered."""

    node: Node
    parameters: Any
    scope: Mapping[str, Any]
    at: Moment
    timezone: str
    key: str
    subject: str
    workflow: str = ""
    depth: int = 0
    events: Sequence[Mapping[str, Any]] = ()
    memory: Mapping[str, Any] | None = None
    unresolved: list[str] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return self.at.now

    def holds(self, condition: Group | Leaf, **more: Any) -> bool:
        """Whether a condition holds, `more` being further roots, such as item."""
        return compile_condition(condition)({**self.scope, **more} if more else self.scope, self.at)

    def look(self, path: str) -> Any:
        """The value at a path, None where it leads nowhere."""
        found = look_up(self.scope, parse_path(path))
        return None if found is MISSING else found

    def text(self, template: str, *, escape_html: bool = False, **more: Any) -> str:
        """A rendered text; what finds no value is left out, what cannot be read stays; both are noted in `unresolved`."""
        if "{{" not in template:
            return template
        scope = {**self.scope, **more} if more else self.scope
        rendered = render_template(
            parse_template(template), scope, self.at, missing="empty", escape_html=escape_html
        )
        self.unresolved += rendered.unresolved
        return rendered.text

    def value(self, given: Any, **more: Any) -> Any:
        """A JSON value with its templates filled in; a text that is one placeholder keeps that value's type."""
        if isinstance(given, str):
            return self._value_of_text(given, more) if "{{" in given else given
        if isinstance(given, list | tuple):
            return [self.value(item, **more) for item in given]
        if isinstance(given, Mapping):
            return {key: self.value(item, **more) for key, item in given.items()}
        return given

    def _value_of_text(self, text: str, more: dict[str, Any]) -> Any:
        only = single_placeholder(text)
        if only is None:
            return self.text(text, **more)
        found = only.value({**self.scope, **more} if more else self.scope, self.at)
        if found is MISSING or found is None:
            self.unresolved.append(only.name)
            return None
        return self.plain(found)

    def plain(self, value: Any) -> Any:
        """A computed value as JSON has it: instants become ISO texts in the workflow's zone."""
        if isinstance(value, datetime):
            return value.astimezone(self.at.zone).isoformat()
        return value.isoformat() if isinstance(value, date) else value


# Answers are made at every step and never changed; the frequent ones are not frozen, because that takes three times as long.
@dataclass(slots=True)
class Done:
    """The step is complete. `variables` are set; `input` and `note` are for whoever reads the trace."""

    output: Any = None
    port: str = MAIN_PORT
    variables: Mapping[str, Any] = field(default_factory=dict)
    input: Any = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """The step had nothing to do; the execution goes on by main."""

    reason: str


@dataclass(slots=True)
class Perform:
    """Something has to be done outside the interpreter; the step is complete when that is reported.

    `patch` is what it changes about the subject, so that later conditions see it. `output` names a variable.
    `is_wait`: the time until it is reported is waiting, not work.
    """

    kind: str
    content: Any
    output: str | None = None
    patch: Mapping[str, Any] = field(default_factory=dict)
    is_wait: bool = False


@dataclass(slots=True)
class Park:
    """The token waits: until `until` (leaving by `port`), until events came, or until a condition holds.

    `follows` are the roots whose dates `until` was made of: it moves when they do.
    """

    until: datetime | None
    port: str = MAIN_PORT
    events: tuple[Mapping[str, Any], ...] = ()
    needs_all: bool = False
    condition: Group | Leaf | None = None
    since: datetime | None = None
    note: str = ""
    follows: tuple[str, ...] = ()


@dataclass(slots=True)
class Round:
    """A loop goes round its body once more, with these values; `memory` is given back after the round."""

    index: int
    values: Mapping[str, Any]
    memory: Mapping[str, Any]
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fork:
    """The token leaves by all of these ports at once."""

    ports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gather:
    """Tokens are brought together: `needed` of them, or None for all that can still come."""

    needed: int | None
    timeout_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class End:
    """The whole execution ends."""

    outcome: str
    note: str = ""


Outcome = Done | Skipped | Perform | Park | Round | Fork | Gather | End
Behaviour = Callable[[Call], Outcome]


class Kind(Protocol):
    """A node type as the interpreter sees it."""

    @property
    def role(self) -> Role: ...

    def ports_out(self, parameters: Mapping[str, Any]) -> tuple[str, ...]: ...

    def awaits(self, parameters: Mapping[str, Any]) -> tuple[str, ...]:
        """Types of events that an execution with such a node wants to hear of; "*" for all."""

    def prepare(self, parameters: Mapping[str, Any]) -> Any:
        """Parameters in the form that `execute` wants; raises StepFailed where they are wrong."""

    def execute(self, call: Call) -> Outcome:
        """What the node does; raises StepFailed or AtlasError, nothing else."""


class Kinds(Protocol):
    """Where the interpreter finds node types."""

    def node(self, type: str, version: int) -> Kind | None: ...  # noqa: A002
