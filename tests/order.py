"""Which file runs when, and beside which: the dearest kinds first, and the files of the live stack on one worker.

Two workers take whole files, from the front. What is cheap comes last, so that neither is left with a long file while the
other has nothing to do.
"""

from pathlib import Path
from typing import Any

import pytest

from cost import cost_of
from live_stack import LIVE_FILES, TESTS, is_live

LIVE = "the live stack"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The live stack's files in their order, then by what is dearest in a file; within a file as written."""
    dearest: dict[Path, int] = {}
    for item in items:
        dearest[item.path] = max(dearest.get(item.path, 0), cost_of(item))
    items.sort(key=lambda item: (_live_place(item.path), -dearest[item.path]))


def _live_place(file: Path) -> int:
    return LIVE_FILES.index(file.relative_to(TESTS).as_posix()) if is_live(file) else len(LIVE_FILES)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Whole files in the order above (`--dist=loadfile` puts those with many tests first, be they short)."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class InOrder(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return LIVE if is_live(config.rootpath / file) else file

    config.option.loadscopereorder = False
    return InOrder(config, log)
