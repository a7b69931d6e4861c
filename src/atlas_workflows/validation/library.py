"""Great Expectations as we load it: quiet, telling nobody, and without the seconds that it wastes.

It imports a statistics and a drawing library for one rule that no suite of ours uses: both come when they are asked for.
And it compiles the same page templates anew for every batch: here each is compiled once per process.
"""

import gc
import importlib
import importlib.util
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from types import ModuleType
from typing import Any

SELDOM_USED = ("altair", "scipy.stats")


class _Later(ModuleType):
    """Stands for a module until somebody wants something of it.

    importlib.util.LazyLoader does not do: the next `import` of the name asks for `__spec__`, and that loads it.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


@cache
def load_library() -> Any:
    """Great Expectations; seconds the first time."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    for name in SELDOM_USED:
        _postpone(name)
    with _nothing_collected():
        import great_expectations as gx
        import great_expectations.checkpoint

        _compile_pages_once()
    return gx


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """No garbage collection: what is imported stays, and looking through it again and again took 0.7 of 3.2 s."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def load_pages() -> None:
    """Compile every page template, for the forks of this process to find."""
    from atlas_workflows.validation.data_docs import page_view

    load_library()
    environment = page_view().env
    for name in environment.list_templates(extensions=["j2"]):
        environment.get_template(name)


def _postpone(name: str) -> None:
    if name in sys.modules or (spec := importlib.util.find_spec(name)) is None:
        return
    module = _Later(name)
    module.__spec__ = spec
    sys.modules[name] = module


def _compile_pages_once() -> None:
    """Each of its views makes an environment of its own; all get the same cache."""
    from great_expectations.render.view import view
    from jinja2 import Environment
    from jinja2.bccache import Bucket, BytecodeCache

    class Compiled(BytecodeCache):
        def __init__(self) -> None:
            self.known: dict[tuple[str, str], Any] = {}

        def load_bytecode(self, bucket: Bucket) -> None:
            bucket.code = self.known.get((bucket.key, bucket.checksum))

        def dump_bytecode(self, bucket: Bucket) -> None:
            self.known[bucket.key, bucket.checksum] = bucket.code

    view.Environment = partial(Environment, bytecode_cache=Compiled())
