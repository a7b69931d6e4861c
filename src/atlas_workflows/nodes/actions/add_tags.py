"""Adds tags to the subject."""

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


class AddTagsParameters(ActionParameters):
    tags: list[Text] = Field(description="Names or ids of the tags.")
    replace_existing: bool = Field(False, description="Whether all other tags are taken away.")


def review(parameters: AddTagsParameters) -> Iterable[Fault]:
    if not parameters.tags or all(map(is_blank, parameters.tags)):
        yield missing("MISSING_TAG_CONFIG", "tags", "The tag")


def changes(content: Object[str, Any], contact: Object[str, Any]) -> Object[str, Any]:
    known = [] if content.get("replace_existing") else tags_of(contact)
    return {"tags": list(dict.fromkeys([*known, *content["tags"]]))}


NODE = NodeType(
    name="add_tags",
    title="Add tags",
    category="crm",
    documentation="Adds tags to the subject.",
    parameters=AddTagsParameters,
    effect=Effect.INTERNAL,
    idempotency="A tag that is there is not added again.",
    causes=("contact_tagged",),
    missing_codes={"tags": "MISSING_TAG_CONFIG"},
    review=review,
    run=perform_with(changes),
)
