"""What a refusal looks like (RFC 9457)."""

from pydantic import BaseModel, Field


class FieldProblem(BaseModel):
    """One of several faults: where it is, and what to do."""

    code: str
    message: str
    remedy: str
    field: str | None = None
    node: str | None = None
    severity: str | None = None


class Problem(BaseModel):
    """A refusal. `code` is what a program goes by; `detail` and `remedy` are for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    remedy: str
    field: str | None = Field(description="The field, parameter or header to blame.")
    problems: list[FieldProblem]
