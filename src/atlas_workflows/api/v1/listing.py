"""The names of v1's routes, as its callers are counted by."""

from atlas_workflows.api.routes import all_routers
from atlas_workflows.api.v1 import routes
from atlas_workflows.api.v1.routing import V1Route


def route_names() -> list[str]:
    """Method and address of each."""
    return sorted(
        route.named for router in all_routers(routes) for route in router.routes if isinstance(route, V1Route)
    )
