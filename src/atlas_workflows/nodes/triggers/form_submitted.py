"""Somebody filled in a form."""

from typing import Literal

from pydantic import Field

from atlas_workflows.nodes.fields import Name
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import filled, one_of, same


class FormSubmittedParameters(TriggerParameters):
    form_ids: list[Name] = Field(default_factory=list, description="Only these forms; empty means any.")
    form_type: Name | None = Field(None, description="Only forms of this type, e.g. website or facebook.")
    page_id: Name | None = Field(None, description="Only forms of this page (Facebook lead forms).")
    required_fields: list[Name] = Field(
        default_factory=list, description="Only submissions in which these fields are filled in."
    )
    duplicate_handling: Literal["allow", "skip", "update"] = Field(
        "allow", description="What to do with a second submission of the same person."
    )


NODE = TriggerType(
    name="form_submitted",
    title="Form submitted",
    category="forms",
    documentation="Somebody filled in a form.",
    parameters=FormSubmittedParameters,
    questions=(
        one_of("form_ids", "trigger.form_id"),
        same("form_type", "trigger.form_type"),
        same("page_id", "trigger.page_id"),
    ),
    conditions=lambda parameters: filled(parameters.required_fields),
)
