"""Changes fields of the subject."""

from collections.abc import Iterable
from collections.abc import Mapping as Object
from typing import Any, Literal

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect, Fault
from atlas_workflows.nodes.faults import missing
from atlas_workflows.nodes.fields import Mapping
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters
from atlas_workflows.nodes.perform import perform_with


class UpdateContactParameters(ActionParameters):
    fields: Mapping = Field(description="Field name to new value; texts may be templates.")
    merge_strategy: Literal["replace", "merge", "append"] = Field(
        "replace",
        description="replace sets; merge fills only empty fields and joins objects; append adds to lists.",
    )


def review(parameters: UpdateContactParameters) -> Iterable[Fault]:
    if not parameters.fields:
        yield missing("MISSING_FIELDS", "fields", "The fields to change")


def changes(content: Object[str, Any], contact: Object[str, Any]) -> Object[str, Any]:
    strategy = content.get("merge_strategy", "replace")
    return {name: merged(strategy, contact.get(name), value) for name, value in content["fields"].items()}


def merged(strategy: str, known: Any, value: Any) -> Any:
    """What a field becomes."""
    if strategy == "append" and isinstance(known, list):
        added = value if isinstance(value, list) else [value]
        return [*known, *(item for item in added if item not in known)]
    if strategy == "merge" and isinstance(known, dict) and isinstance(value, dict):
        return {**known, **value}
    return known if strategy == "merge" and known not in (None, "") else value


NODE = NodeType(
    name="update_contact",
    title="Update contact",
    category="crm",
    documentation="Changes fields of the subject.",
    parameters=UpdateContactParameters,
    effect=Effect.INTERNAL,
    idempotency="Replace and merge set the same values again; append skips what is there.",
    causes=("contact_changed",),
    missing_codes={"fields": "MISSING_FIELDS"},
    review=review,
    run=perform_with(changes),
)
