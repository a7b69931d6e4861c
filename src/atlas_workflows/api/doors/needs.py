"""What a route needs: a caller who may do it, for one organization or for the whole installation."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from atlas_workflows.api.doors.caller import HEADER, Caller
from atlas_workflows.api.doors.cookies import require_own_page
from atlas_workflows.api.doors.doors import Doors
from atlas_workflows.api.manners.problems import HttpProblem, not_found
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.store.steering import By


@dataclass(frozen=True, slots=True)
class Tenant:
    """A caller who was let in, acting for one organization."""

    caller: Caller
    organization: str
    doors: Doors
    now: datetime

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction under row-level security."""
        with self.doors.database.reading(self.organization, self.caller.user) as connection:
            yield connection

    @contextmanager
    def deciding(self) -> Iterator[Connection]:
        """The owner's session, for what is audited and for what the application role may not touch."""
        with self.doors.database.session() as connection:
            yield connection

    def require(self, table: str, what: str, named: Any) -> str:
        """The id of a row that the organization has, seen through the policies. Raises HttpProblem (404)."""
        with self.reading() as connection:
            found = scalar(connection, sql(f"api/has_{table}"), {"id": str(named)})
        if not found:
            raise not_found(what, str(named))
        return str(named)

    def by(self, reason: str) -> By:
        """In whose name it is done, and why."""
        return By(self.caller.name, reason)


@dataclass(frozen=True, slots=True)
class Operator:
    """A caller who was let in to what belongs to no organization."""

    caller: Caller
    doors: Doors
    now: datetime


class Needs:
    """A dependency: gives the Tenant (or, `everywhere`, the Operator); `permission` None lets in whoever is known."""

    def __init__(self, permission: str | None, *, everywhere: bool = False) -> None:
        self.permission, self.everywhere = permission, everywhere

    async def __call__(self, request: Request) -> Any:
        return request.state.admitted

    async def admit(self, request: Request) -> None:
        """Let the request in, or raise HttpProblem; what it is let in as is kept in its state."""
        doors: Doors = request.app.state.doors
        session = None if "authorization" in request.headers else await doors.session(request)
        request.state.admitted = await run_in_threadpool(self._admitted, request, doors, session)

    def _admitted(self, request: Request, doors: Doors, session: Caller | None) -> Tenant | Operator | Caller:
        now = doors.now()
        caller = session or self.caller(request, doors, now)
        request.state.known_caller = caller
        if caller.by_cookie:
            require_own_page(request.method, request.headers, request.cookies)
        request.state.allowance = doors.take(caller.name)
        if self.everywhere:
            self._require(caller, None)
            return Operator(caller, doors, now)
        if self.permission is None:
            return Operator(caller, doors, now)
        organization = caller.organization(request.headers.get(HEADER))
        self._require(caller, organization)
        return Tenant(caller, organization, doors, now)

    def caller(self, request: Request, doors: Doors, now: datetime) -> Caller:
        """Who a request without a session is from. Raises HttpProblem (401, 429)."""
        return doors.caller(request, now)

    def _require(self, caller: Caller, organization: str | None) -> None:
        if self.permission is not None and not caller.may(self.permission, organization):
            where = "there" if organization else "in the whole installation"
            raise HttpProblem(
                "forbidden", f"You have no permission {self.permission} {where}.", remedy="Ask for it."
            )
