"""Whether the process is up and its database answers; open to everybody, and says nothing else."""

from fastapi import APIRouter
from psycopg import Error
from psycopg_pool import PoolTimeout
from starlette.responses import Response

from atlas_workflows.api.database import Database
from atlas_workflows.api.manners.exact import reply
from atlas_workflows.api.schemas.health import Health
from atlas_workflows.errors import AtlasError


def health_router(database: Database) -> APIRouter:
    """Route /health."""
    router = APIRouter(tags=["health"])

    @router.get("/health", response_model=Health, responses={503: {"model": Health}})
    def read_health() -> Response:
        """200 where requests can be answered, else 503."""
        try:
            database.require_schema()
        except AtlasError as error:
            return reply(Health, {"status": "unavailable", "database": error.fact}, 503)
        except (Error, PoolTimeout):
            return reply(Health, {"status": "unavailable", "database": "It does not answer."}, 503)
        return reply(Health, {"status": "ok", "database": "It answers."})

    return router
