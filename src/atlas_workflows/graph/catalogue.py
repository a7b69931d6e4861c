"""What validation and planning need to know of node types; `nodes/` implements it, tests may fake it."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from atlas_workflows.graph.model import Settings, Severity


class Effect(StrEnum):
    """What a node does to the world: nothing, our own records, or something outside."""

    NONE = "none"
    INTERNAL = "internal"
    EXTERNAL = "external"


class Role(StrEnum):
    """How tokens move through a node."""

    ACTION = "action"  # does something, leaves by one port
    SEND = "send"  # an action that a person receives
    CHOICE = "choice"  # leaves by exactly one of several ports
    PAUSE = "pause"  # may hold the token
    LOOP = "loop"  # sends tokens round its body
    FORK = "fork"  # one token becomes several
    MERGE = "merge"  # several tokens become one
    END = "end"  # swallows the token
    NOTE = "note"  # never executed
    UNKNOWN = "unknown"  # kept whole, never executed


class Fault(NamedTuple):
    """Something wrong with one node's parameters; `field` is a path inside them, e.g. "cases[0].port"."""

    code: str
    field: str
    message: str
    remedy: str
    severity: Severity = Severity.ERROR


class NodeKind(Protocol):
    """A node type in one version. All methods take raw JSON parameters and never raise."""

    @property
    def name(self) -> str: ...
    @property
    def role(self) -> Role: ...
    @property
    def effect(self) -> Effect: ...
    @property
    def causes(self) -> tuple[str, ...]:
        """Trigger types that what it does may set off."""

    @property
    def ports_in(self) -> tuple[str, ...]: ...

    def ports_out(self, parameters: Mapping[str, Any]) -> tuple[str, ...]:
        """The ports that these parameters give; empty where they are too broken to tell, or there are none."""

    def faults(self, parameters: Mapping[str, Any]) -> Sequence[Fault]: ...

    def missing_path(self, port: str) -> str | None:
        """The problem code for leaving `port` unconnected; None where that is normal."""


class TriggerKind(Protocol):
    """A trigger type in one version."""

    @property
    def name(self) -> str: ...

    def faults(self, parameters: Mapping[str, Any]) -> Sequence[Fault]: ...


class Catalogue(Protocol):
    """All types there are. None = unknown type or version."""

    def node(self, type: str, version: int) -> NodeKind | None: ...  # noqa: A002

    def trigger(self, type: str, version: int) -> TriggerKind | None: ...  # noqa: A002

    def settings_faults(self, settings: Settings) -> Sequence[Fault]:
        """What is wrong with a workflow's settings, as far as it takes knowledge of zones and the like."""
