"""An e-mail was opened, clicked or bounced, or its reader unsubscribed."""

from typing import Literal

from pydantic import Field

from atlas_workflows.nodes.fields import Keyword, Name
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_questions import contains, same


class EmailEventParameters(TriggerParameters):
    event: Literal["opened", "clicked", "bounced", "unsubscribed"] = Field(
        ..., description="What happened to it."
    )
    email_id: Name | None = Field(None, description="Only this e-mail.")
    campaign_id: Name | None = Field(None, description="Only e-mails of this campaign.")
    link: Keyword | None = Field(None, description="Only clicks on links that contain this text.")


NODE = TriggerType(
    name="email_event",
    title="E-mail event",
    category="communication",
    documentation="An e-mail was opened, clicked or bounced, or its reader unsubscribed.",
    parameters=EmailEventParameters,
    missing_codes={"event": "MISSING_EMAIL_EVENT"},
    questions=(
        same("event", "trigger.event"),
        same("email_id", "trigger.email_id"),
        same("campaign_id", "trigger.campaign_id"),
        contains("link", "trigger.link"),
    ),
)
