"""A request that is sent again with its Idempotency-Key is answered as the first time, and its work is done once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import psycopg
from fastapi import Header, Request
from starlette.responses import Response

from atlas_workflows.api.database import SETTINGS
from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.exact import json_response
from atlas_workflows.api.manners.problems import HttpProblem
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import dumps_text, loads

KEPT = timedelta(days=1)
PATIENCE = "2s"
_LOCK_TIMEOUT = "SELECT set_config('lock_timeout', %s, true)"
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key", min_length=1, max_length=200,
        description="Made by the caller, one per wish; the same answer for a day.",
    ),
]  # fmt: skip
Work = Callable[[Connection], tuple[int, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class _Kept:
    request_hash: str
    status: int
    answer: str


def once(request: Request, tenant: Tenant, key: str, work: Work) -> Response:
    """Do the work and keep its answer, in one transaction; copies that race wait a little for the first one and get its answer.

    Work that is refused leaves nothing, so that the same key may try again. Raises HttpProblem (422) for a key of another request.
    """
    named = {"organization": tenant.organization, "caller": tenant.caller.name, "key": key}
    given = named | {"hash": request.state.request_hash, "now": tenant.now, "before": tenant.now - KEPT}
    with tenant.deciding() as connection, connection.transaction():
        connection.execute(sql("api/forget_answers"), given)
        if not _is_first(connection, given):
            return _again(connection, given)
        status, answer = work(connection)
        connection.execute(
            sql("api/keep_answer"), named | {"status": status, "answer": dumps_text(dict(answer))}
        )
    return json_response(answer, status)


def _is_first(connection: Connection, given: Mapping[str, Any]) -> bool:
    """Whether no copy was there before. One that is still being worked on is waited for a little, for who waits holds a session."""
    try:
        connection.execute(_LOCK_TIMEOUT, [PATIENCE])
        claimed = connection.execute(sql("api/claim_answer"), given).rowcount
    except psycopg.errors.LockNotAvailable as cause:
        fact = "The request with this Idempotency-Key is still being worked on."
        raise HttpProblem(
            "conflict", fact, remedy="Send it again in a moment.", field="Idempotency-Key", headers={"Retry-After": "2"}
        ) from cause  # fmt: skip
    connection.execute(_LOCK_TIMEOUT, [SETTINGS["lock_timeout"]])
    return claimed > 0


def _again(connection: Connection, given: Mapping[str, Any]) -> Response:
    kept = one(connection, _Kept, sql("api/kept_answer"), given)
    if kept is None or kept.request_hash != given["hash"]:
        raise HttpProblem(
            "idempotency_key_reused", "Another request was sent with this Idempotency-Key.", field="Idempotency-Key",
            remedy="Make a new key for each wish.",
        )  # fmt: skip
    return json_response(loads(kept.answer), kept.status, {"Idempotency-Replayed": "true"})
