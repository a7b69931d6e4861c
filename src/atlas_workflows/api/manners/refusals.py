"""Every error that a route may raise, as a problem: ours, FastAPI's, the database's."""

from collections.abc import Mapping
from typing import Any

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response

from atlas_workflows.api.manners.problems import HttpProblem, problem_response, shortened
from atlas_workflows.errors import (
    AtlasError,
    ConfigurationError,
    DatabaseError,
    ExpressionInvalid,
    InputError,
    InvalidJson,
    PhaseRefused,
    ScheduleRefused,
    StackError,
)
from atlas_workflows.recurring.audience.refusal import AudienceRefused
from atlas_workflows.store.publication import DraftInvalid, StaleRevision

_BY_STATUS = {401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed"}
_REMEDIES = {
    "extra_forbidden": "Leave it out; it is spelled wrongly or belongs elsewhere.",
    "missing": "Add it.",
    "uuid_parsing": "Give a UUID.",
    "datetime_from_date_parsing": "Write 2026-03-02T09:00:00Z.",
    "timezone_aware": "Say the offset: 2026-03-02T09:00:00Z.",
}
_TRY_AGAIN = {"Retry-After": "2"}


def add_refusals(app: FastAPI) -> None:
    """Let the application answer every error as a problem."""
    for kind in (
        AtlasError,
        RequestValidationError,
        HTTPException,
        psycopg.Error,
        PoolTimeout,
        UnicodeEncodeError,
    ):
        app.add_exception_handler(kind, _answered)


def unforeseen(error: Exception) -> HttpProblem:
    """What nobody thought of: said in the log, not to the caller."""
    structlog.get_logger().error("request failed", exc_info=error)
    return HttpProblem("internal", "The request failed here.", remedy="Send X-Request-ID to who runs this.")


def problem_of(error: Exception) -> HttpProblem:
    """Whatever a route may raise, as the problem that a caller gets."""
    if isinstance(error, AtlasError):
        return as_problem(error)
    if isinstance(error, RequestValidationError):
        return _of_validation(error)
    if isinstance(error, HTTPException):
        return _of_http(error)
    if isinstance(error, psycopg.Error | PoolTimeout):
        return _of_database(error)
    if isinstance(error, UnicodeEncodeError):
        fact = "A text that was sent is no Unicode text."
        return HttpProblem("invalid", fact, remedy="Leave out lone surrogates.")
    return unforeseen(error)


def _answered(_: Request, error: Exception) -> Response:
    return problem_response(problem_of(error))


def as_problem(error: AtlasError) -> HttpProblem:
    """An error of ours as the problem that a caller gets."""
    if isinstance(error, HttpProblem):
        return error
    if isinstance(error, StaleRevision):
        return HttpProblem("stale", error.fact, remedy=error.remedy)
    if isinstance(error, DraftInvalid):
        found = [problem_document(problem) for problem in error.problems]
        return HttpProblem("invalid", error.fact, remedy="Correct the draft.", problems=found)
    if isinstance(error, InvalidJson):
        return HttpProblem("invalid_json", error.fact, remedy=error.remedy)
    field = error.attributes.get("field")
    if isinstance(error, ScheduleRefused | ExpressionInvalid | AudienceRefused) or field is not None:
        told = {"code": "invalid", "field": field, "message": error.fact, "remedy": error.remedy}
        return HttpProblem("invalid", error.fact, remedy=error.remedy, field=field, problems=[told])
    if isinstance(error, InputError | PhaseRefused):
        return HttpProblem("conflict", error.fact, remedy=error.remedy)
    if isinstance(error, DatabaseError | ConfigurationError | StackError):
        return HttpProblem("unavailable", error.fact, remedy=error.remedy, headers=_TRY_AGAIN)
    return unforeseen(error)


def problem_document(problem: Any) -> dict[str, Any]:
    """A problem of a definition, under the names that problem details have."""
    return {
        "code": problem.code, "severity": problem.severity.value, "node": problem.node, "field": problem.field,
        "message": problem.message, "remedy": problem.remedy,
    }  # fmt: skip


def _of_validation(error: RequestValidationError) -> HttpProblem:
    found = [_told(each) for each in error.errors()]
    first = found[0]
    many = f" And {len(found) - 1} more." if len(found) > 1 else ""
    fact = f"{first['field']}: {first['message']}{many}"
    return HttpProblem("invalid", fact, remedy=first["remedy"], field=first["field"], problems=found)


def _told(error: Mapping[str, Any]) -> dict[str, Any]:
    where = [str(part) for part in error["loc"]]
    named = where[1:] if len(where) > 1 and where[0] in ("query", "path", "header", "body") else where
    kind = str(error["type"])
    return {
        "code": kind,
        "field": shortened(".".join(named)),
        "message": shortened(str(error["msg"])),
        "remedy": _REMEDIES.get(kind, "Correct it; the reference says what it may be."),
    }


def _of_http(error: HTTPException) -> HttpProblem:
    code = _BY_STATUS.get(error.status_code, "internal" if error.status_code >= 500 else "invalid")
    remedy = "Read the reference: /openapi.json lists addresses and methods."
    return HttpProblem(code, str(error.detail), remedy=remedy, headers=error.headers)


def _of_database(error: Exception) -> HttpProblem:
    if isinstance(error, psycopg.DataError):
        fact = "A value that was sent cannot be kept or compared by the database."
        return HttpProblem("invalid", fact, remedy="Leave out NUL characters and times out of range.")
    if isinstance(error, psycopg.OperationalError | PoolTimeout):
        fact = "The database does not answer in time."
        return HttpProblem("unavailable", fact, remedy="Try again in a moment.", headers=_TRY_AGAIN)
    return unforeseen(error)
