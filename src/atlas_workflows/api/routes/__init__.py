"""The routes of API v2, one file per resource; each exports ROUTER."""

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from types import ModuleType

from fastapi import APIRouter


def all_routers(folder: ModuleType | None = None) -> Iterator[APIRouter]:
    """Every ROUTER of the files of a folder, here where none is given, in the order of their names: a route is added by adding a file."""
    package = folder or sys.modules[__name__]
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        found = importlib.import_module(module.name)
        if hasattr(found, "ROUTER"):
            yield found.ROUTER
