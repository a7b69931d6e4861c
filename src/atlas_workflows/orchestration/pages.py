"""How Airflow serves the Atlas pages: built at the first request, open to those who may read the phase DAGs."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

GUARDING_DAG = "migration_p1_database"
Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]


class LazyApplication:
    """An ASGI application made when it is first asked for: plugins are imported by every Airflow process and task."""

    def __init__(self, build: Callable[[], Application]) -> None:
        self._build = build
        self._built: Application | None = None

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if self._built is None:
            self._built = self._build()
        await self._built(scope, receive, send)


def airflow_guard() -> list[Callable[..., Any]]:
    """Checks for each request: anonymous is 401; whoever may not read the runs of the phase DAGs is 403."""
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
    from airflow.api_fastapi.core_api.security import requires_access_dag

    return [requires_access_dag("GET", DagAccessEntity.RUN, GUARDING_DAG)]


async def read_airflow_session(request: Any) -> tuple[str, bool] | None:
    """Who is logged in, and whether that one may start the phase DAGs; None for nobody. One who may not read them is 403."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
    from airflow.api_fastapi.core_api.security import get_user
    from starlette.exceptions import HTTPException

    if COOKIE_NAME_JWT_TOKEN not in request.cookies:
        return None
    user = await get_user(request, None, None)
    manager, about = get_auth_manager(), DagDetails(id=GUARDING_DAG)

    def may(method: Any) -> bool:
        allowed: bool = manager.is_authorized_dag(
            method=method, access_entity=DagAccessEntity.RUN, details=about, user=user
        )
        return allowed

    if not may("GET"):
        raise HTTPException(403, "Your login may not read the phase DAGs.")
    return str(user.get_name()), may("POST")
