"""The base of all parameter models: strict, closed, with the one open drawer `extra`."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from atlas_workflows.nodes.fields import Condition, MessageClass, MessagePriority, Text


class Parameters(BaseModel):
    """Unknown fields are refused; JSON types are not converted into each other."""

    # defer_build: a hundred models cost a quarter of a second when all are built at import.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)

    extra: dict[str, Any] = Field(
        default_factory=dict,
        description="Settings of the old application that have no field here: kept and shown, never executed.",
    )


class ActionParameters(Parameters):
    """What every action takes."""

    skip_unless: Condition | None = Field(
        None, description="Where this is false the action is skipped and the execution goes on."
    )


class SendParameters(ActionParameters):
    """What every message to a person takes."""

    to: Text | None = Field(
        None, description="Recipient; the subject's own address or number where left out."
    )
    message_class: MessageClass = Field(
        "marketing",
        description="Transactional messages are exempt from quiet hours, caps and opt-out of marketing.",
    )
    priority: MessagePriority = Field(
        "normal",
        description="Which frequency cap counts: messages of higher priority may go where lower ones are capped.",
    )


class TriggerParameters(Parameters):
    """What every trigger takes."""

    filters: Condition | None = Field(
        None, description="Further condition on the event and its subject; false means that nothing starts."
    )
