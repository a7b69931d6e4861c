"""Takes tags from the subject."""

from collections.abc import Iterable

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect, Fault
from atlas_workflows.nodes.faults import is_blank, missing
from atlas_workflows.nodes.fields import Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class RemoveTagsParameters(ActionParameters):
    tags: list[Text] = Field(description="Names or ids of the tags.")


def review(parameters: RemoveTagsParameters) -> Iterable[Fault]:
    if not parameters.tags or all(map(is_blank, parameters.tags)):
        yield missing("MISSING_TAG_CONFIG", "tags", "The tag")


NODE = NodeType(
    name="remove_tags",
    title="Remove tags",
    category="crm",
    documentation="Takes tags from the subject.",
    parameters=RemoveTagsParameters,
    effect=Effect.INTERNAL,
    idempotency="A tag that is gone is not removed again.",
    missing_codes={"tags": "MISSING_TAG_CONFIG"},
    review=review,
)
