"""Calls a URL. Private and metadata addresses are refused."""

from typing import Annotated, Any, Literal

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Text, VariableName
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters

Seconds = Annotated[int | float, Field(gt=0, le=300)]
Status = Annotated[int, Field(ge=100, le=599)]


class HttpRequestParameters(ActionParameters):
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] = Field(
        "GET", description="HTTP method."
    )
    url: Text = Field(
        description="https URL of a public host; may be a template, checked when the step is executed where its host is one."
    )
    headers: dict[str, Text] | None = Field(None, description="Headers.")
    query: dict[str, Any] | None = Field(None, description="Query parameters.")
    body: Any | None = Field(None, description="Text, or JSON whose texts may be templates.")
    timeout_seconds: Seconds | None = Field(None, description="Longest wait for the answer, at most 300 s.")
    expect_status: list[Status] = Field(
        default_factory=list, description="Statuses that count as success; empty means 200 to 299."
    )
    output: VariableName | None = Field(None, description="Variable that takes the result.")


NODE = NodeType(
    name="http_request",
    title="HTTP request",
    category="integration",
    documentation="Calls a URL. Private and metadata addresses are refused, in whatever way they are spelled.",
    parameters=HttpRequestParameters,
    effect=Effect.EXTERNAL,
    idempotency="The effect's key is sent as Idempotency-Key; methods that are not safe are not repeated without it.",
    missing_codes={"url": "MISSING_WEBHOOK_URL"},
)
