"""Somebody answered a survey."""

from pydantic import Field

from atlas_workflows.nodes.fields import Name, Number
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import at_least, at_most, one_of


class SurveySubmittedParameters(TriggerParameters):
    survey_ids: list[Name] = Field(default_factory=list, description="Only these surveys; empty means any.")
    minimum_rating: Number | None = Field(None, description="Only answers rated at least this.")
    maximum_rating: Number | None = Field(None, description="Only answers rated at most this.")


NODE = TriggerType(
    name="survey_submitted",
    title="Survey submitted",
    category="forms",
    documentation="Somebody answered a survey.",
    parameters=SurveySubmittedParameters,
    questions=(
        one_of("survey_ids", "trigger.survey_id"),
        at_least("minimum_rating", "trigger.rating"),
        at_most("maximum_rating", "trigger.rating"),
    ),
)
