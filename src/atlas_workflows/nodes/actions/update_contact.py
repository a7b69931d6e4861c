"""Changes fields of the subject."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect, Fault
from atlas_workflows.nodes.faults import missing
from atlas_workflows.nodes.fields import Mapping
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class UpdateContactParameters(ActionParameters):
    fields: Mapping = Field(description="Field name to new value; texts may be templates.")
    merge_strategy: Literal["replace", "merge", "append"] = Field(
        "replace",
        description="replace sets; merge fills only empty fields and joins objects; append adds to lists.",
    )


def review(parameters: UpdateContactParameters) -> Iterable[Fault]:
    if not parameters.fields:
        yield missing("MISSING_FIELDS", "fields", "The fields to change")


NODE = NodeType(
    name="update_contact",
    title="Update contact",
    category="crm",
    documentation="Changes fields of the subject.",
    parameters=UpdateContactParameters,
    effect=Effect.INTERNAL,
    idempotency="Replace and merge set the same values again; append skips what is there.",
    missing_codes={"fields": "MISSING_FIELDS"},
    review=review,
)
