"""A trigger of the old application that has no counterpart: kept whole, never fires."""

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from atlas_workflows.graph.catalogue import Fault
from atlas_workflows.nodes.faults import advice
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters


class UnknownTriggerParameters(TriggerParameters):
    legacy_type: str = Field(description="The type as the old application named it.")
    original: Any = Field(None, description="The old settings, unchanged.")


def review(parameters: UnknownTriggerParameters) -> Iterable[Fault]:
    message = (
        f"The trigger type {parameters.legacy_type[:80]!r} has no counterpart; it is kept, but never fires."
    )
    yield advice("UNKNOWN_TRIGGER_TYPE", "legacy_type", message, "Replace it by a trigger of the catalogue.")


NODE = TriggerType(
    name="unknown",
    title="Unknown trigger",
    category="external",
    documentation="A trigger of the old application that has no counterpart: kept whole, never fires.",
    parameters=UnknownTriggerParameters,
    review=review,
    never_fires="It is a trigger of the old application without a counterpart; it never fires.",
)
