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
