"""What is refused, as RFC 9457 problem details: a code, the field to blame, and what to do about it."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from atlas_workflows.errors import AtlasError
from atlas_workflows.exact_json import dumps

MEDIA_TYPE = "application/problem+json"
# code -> (status, title). Clients go by the code; the reference page lists them.
CODES: dict[str, tuple[int, str]] = {
    "invalid_json": (400, "The body is not JSON that can be read"),
    "unauthenticated": (401, "No valid credentials"),
    "forbidden": (403, "Not allowed"),
    "cross_site": (403, "Not sent by our own page"),
    "not_found": (404, "There is no such thing"),
    "method_not_allowed": (405, "The address has no such method"),
    "timeout": (408, "The body came too slowly"),
    "conflict": (409, "Its state does not allow that"),
    "stale": (412, "It has changed since it was read"),
    "too_large": (413, "The body is too large"),
    "unsupported_media_type": (415, "The body is of the wrong type"),
    "invalid": (422, "Something that was sent cannot be"),
    "organization_required": (422, "It is not said for which organization"),
    "idempotency_key_reused": (422, "The Idempotency-Key belongs to another request"),
    "precondition_required": (428, "It is not said which revision was read"),
    "rate_limited": (429, "Too many requests"),
    "internal": (500, "Something went wrong here"),
    "unavailable": (503, "Not available for the moment"),
}
LONGEST_ECHO = 200


class HttpProblem(AtlasError):
    """A refusal with its code; `field` names what is to blame, `problems` lists several, `headers` go with the answer."""

    def __init__(
        self,
        code: str,
        fact: str,
        *,
        remedy: str,
        field: str | None = None,
        problems: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(fact, remedy=remedy)
        self.code, self.field, self.problems = code, field, tuple(problems)
        self.headers, self.more = dict(headers or {}), dict(more or {})


def problem_response(problem: HttpProblem) -> Response:
    """The answer that says it."""
    status, title = CODES[problem.code]
    document = {
        "type": f"urn:atlas:problem:{problem.code}",
        "title": title,
        "status": status,
        "detail": problem.fact,
        "code": problem.code,
        "field": problem.field,
        "remedy": problem.remedy,
        "problems": list(problem.problems),
        **problem.more,
    }
    return Response(dumps(document), status, problem.headers, MEDIA_TYPE)


def not_found(what: str, named: str) -> HttpProblem:
    """The organization has none of that id; whether another one has is not said."""
    return HttpProblem(
        "not_found", f"There is no {what} {shortened(named)} in this organization.", remedy="Check the id."
    )


def invalid(field: str, fact: str, remedy: str) -> HttpProblem:
    """One field or parameter that cannot be."""
    told = {"code": "invalid", "field": field, "message": fact, "remedy": remedy}
    return HttpProblem("invalid", fact, remedy=remedy, field=field, problems=[told])


def shortened(text: str) -> str:
    """What a caller sent, fit to be said back."""
    return text if len(text) <= LONGEST_ECHO else text[:LONGEST_ECHO] + "…"
