"""Takes tags from the subject."""

from collections.abc import Iterable
from collections.abc import Mapping as Object
from typing import Any

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect, Fault
from atlas_workflows.nodes.faults import is_blank, missing
from atlas_workflows.nodes.fields import Text
from atlas_workflows.nodes.items import tags_of
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters
from atlas_workflows.nodes.perform import perform_with


class RemoveTagsParameters(ActionParameters):
    tags: list[Text] = Field(description="Names or ids of the tags.")


def review(parameters: RemoveTagsParameters) -> Iterable[Fault]:
    if not parameters.tags or all(map(is_blank, parameters.tags)):
        yield missing("MISSING_TAG_CONFIG", "tags", "The tag")


def changes(content: Object[str, Any], contact: Object[str, Any]) -> Object[str, Any]:
    gone = {str(tag).casefold() for tag in content["tags"]}
    return {"tags": [tag for tag in tags_of(contact) if str(tag).casefold() not in gone]}


NODE = NodeType(
    name="remove_tags",
    title="Remove tags",
    category="crm",
    documentation="Takes tags from the subject.",
    parameters=RemoveTagsParameters,
    effect=Effect.INTERNAL,
    idempotency="A tag that is gone is not removed again.",
    causes=("contact_tagged",),
    missing_codes={"tags": "MISSING_TAG_CONFIG"},
    review=review,
    run=perform_with(changes),
)
