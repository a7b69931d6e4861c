"""The routes of API v2, one file per resource; each exports ROUTER."""

import importlib
import pkgutil
from collections.abc import Iterator

from fastapi import APIRouter


def all_routers() -> Iterator[APIRouter]:
    """Every ROUTER of the files here, in the order of their names: a route is added by adding a file."""
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        found = importlib.import_module(module.name)
        if hasattr(found, "ROUTER"):
            yield found.ROUTER
