"""Verification schemes, one file each, exporting SCHEME; whoever adds a file adds a scheme."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from atlas_workflows.errors import InputError
from atlas_workflows.integrations.webhooks.scheme import Scheme


@cache
def all_schemes() -> Mapping[str, Scheme]:
    """Every scheme by its name."""
    files = pkgutil.iter_modules(__path__, f"{__name__}.")
    found = [importlib.import_module(file.name).SCHEME for file in files]
    return {scheme.name: scheme for scheme in sorted(found, key=lambda scheme: scheme.name)}


def scheme_named(name: str) -> Scheme:
    """The scheme; raises InputError, naming those that there are."""
    found = all_schemes().get(name)
    if found is None:
        raise InputError(
            f"There is no verification scheme {name[:40]!r}.",
            remedy=f"There are: {', '.join(all_schemes())}.",
            field="scheme",
        )
    return found
