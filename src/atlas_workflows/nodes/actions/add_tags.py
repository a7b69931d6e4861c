"""Adds tags to the subject."""

from collections.abc import Iterable

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect, Fault
from atlas_workflows.nodes.faults import is_blank, missing
from atlas_workflows.nodes.fields import Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class AddTagsParameters(ActionParameters):
    tags: list[Text] = Field(description="Names or ids of the tags.")
    replace_existing: bool = Field(False, description="Whether all other tags are taken away.")


def review(parameters: AddTagsParameters) -> Iterable[Fault]:
    if not parameters.tags or all(map(is_blank, parameters.tags)):
        yield missing("MISSING_TAG_CONFIG", "tags", "The tag")


NODE = NodeType(
    name="add_tags",
    title="Add tags",
    category="crm",
    documentation="Adds tags to the subject.",
    parameters=AddTagsParameters,
    effect=Effect.INTERNAL,
    idempotency="A tag that is there is not added again.",
    missing_codes={"tags": "MISSING_TAG_CONFIG"},
    review=review,
)
