"""The old fields: a lead came in, a form was submitted."""

from typing import Any

from pydantic import Field

from atlas_workflows.api.manners.exact import Model
from atlas_workflows.api.v1.ids import Id


class LeadCreated(Model):
    """A lead that was added. `organizationId` must be the caller's own."""

    organizationId: str | None = Field(None, max_length=100)  # noqa: N815 - the names that v1's clients know
    leadId: Id  # noqa: N815
    source: str | None = Field(None, max_length=500)
    tags: list[str] = Field(default_factory=list, max_length=200)
    leadData: dict[str, Any] = Field(default_factory=dict)  # noqa: N815


class FormSubmitted(Model):
    """A form that somebody filled in. With `submissionId` it is the event that a captured table tells of as well."""

    organizationId: str | None = Field(None, max_length=100)  # noqa: N815
    formId: str = Field(min_length=1, max_length=200)  # noqa: N815
    formType: str | None = Field(None, max_length=200)  # noqa: N815
    submissionId: Id | None = None  # noqa: N815
    leadId: Id | None = None  # noqa: N815
    clientId: Id | None = None  # noqa: N815
    contactId: Id | None = None  # noqa: N815
    formData: dict[str, Any] = Field(default_factory=dict)  # noqa: N815


class Emitted(Model):
    """The event is noted; workflows that listen for it start. `duplicate`: it was noted before, and nothing starts again."""

    success: bool = True
    event: str
    event_id: str
    duplicate: bool
