"""How the API says that it is up."""

from typing import Literal

from atlas_workflows.api.manners.exact import Model


class Health(Model):
    """`database`: whether it answers and has what the API needs."""

    status: Literal["ok", "unavailable"]
    database: str
