"""Refusals of v1: error{code, message, details, timestamp, requestId}, with the statuses that its clients know."""

from collections.abc import Mapping
from datetime import UTC, datetime

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from atlas_workflows.api.manners.exact import json_response
from atlas_workflows.api.manners.problems import CODES, HttpProblem, problem_response
from atlas_workflows.api.manners.refusals import problem_of
from atlas_workflows.api.v1.counting import NOBODY

# code of a problem -> (status, code) of v1, where they differ from what v2 says.
_STATUSES: Mapping[str, int] = {
    "invalid": 400, "organization_required": 400, "stale": 409, "idempotency_key_reused": 409, "precondition_required": 400,
}  # fmt: skip
_CODES: Mapping[str, str] = {
    "unauthenticated": "UNAUTHORIZED", "forbidden": "INSUFFICIENT_PERMISSIONS", "cross_site": "INSUFFICIENT_PERMISSIONS",
    "rate_limited": "RATE_LIMIT_EXCEEDED", "too_large": "PAYLOAD_TOO_LARGE", "unsupported_media_type": "UNSUPPORTED_MEDIA_TYPE",
    "timeout": "REQUEST_TIMEOUT", "internal": "INTERNAL_ERROR", "unavailable": "SERVICE_UNAVAILABLE",
    "conflict": "CONFLICT", "stale": "CONFLICT", "idempotency_key_reused": "CONFLICT", "method_not_allowed": "METHOD_NOT_ALLOWED",
}  # fmt: skip
ADDRESSES = ("/api/automations/", "/api/workflows", "/api/webhooks/")
ELSEWHERE = "what no route answers"  # below these addresses, as it is counted
STATUSES = (400, 401, 403, 404, 408, 409, 413, 415, 429, 503)


def error_response(request: Request, problem: HttpProblem, thing: str) -> Response:
    """The answer that says it; `thing` is what the route is about, WORKFLOW or WEBHOOK."""
    status = _STATUSES.get(problem.code, CODES[problem.code][0])
    error = {
        "code": _code(problem, thing),
        "message": problem.fact,
        "details": {"field": problem.field, "remedy": problem.remedy, "problems": list(problem.problems)},
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestId": getattr(request.state, "request_id", ""),
    }
    return json_response({"error": error}, status, problem.headers)


def add_old_refusals(app: FastAPI) -> None:
    """Let what no route of v1 answers below its addresses be refused in v1's words too, such as a method that none has."""

    def refused(request: Request, error: Exception) -> Response:
        problem = problem_of(error)
        if request.scope["path"].startswith(ADDRESSES):
            v1 = request.app.state.v1
            v1.counter.note(None, ELSEWHERE, NOBODY, refused=True)
            answer = error_response(request, problem, "ADDRESS")
            answer.headers.update(v1.headers)
            return answer
        return problem_response(problem)

    app.add_exception_handler(HTTPException, refused)


def _code(problem: HttpProblem, thing: str) -> str:
    if problem.code == "not_found":
        return f"{thing}_NOT_FOUND"
    if problem.code in _CODES:
        return str(problem.more.get("v1_code", _CODES[problem.code]))
    return "INVALID_WORKFLOW_DATA" if thing == "WORKFLOW" else f"{thing}_INVALID"
