"""What a refusal of v1 looks like."""

from pydantic import BaseModel

from atlas_workflows.api.schemas.problems import FieldProblem


class Details(BaseModel):
    """What is to blame, and what to do."""

    field: str | None
    remedy: str
    problems: list[FieldProblem]


class Error(BaseModel):
    """A refusal: `code` is what a program goes by."""

    code: str
    message: str
    details: Details
    timestamp: str
    requestId: str  # noqa: N815 - the name that v1's clients know


class V1Error(BaseModel):
    """Every refusal of v1."""

    error: Error
