"""What a test costs, as a marker that follows from its fixtures and its folder; a test that costs more than it says fails.

`pure` needs nothing but Python, `postgres` the embedded server, `airflow` its processes too, `browser` a Chromium besides.
A mark given by hand can only raise the cost of a test, for instance where it starts Airflow's processes itself.
"""

import sys
from collections.abc import Generator, Iterable
from enum import IntEnum
from pathlib import Path
from typing import Any

import psycopg
import pytest

TESTS = Path(__file__).parent


class Cost(IntEnum):
    """From the cheapest to the dearest; the names in lower case are the markers."""

    PURE = 0
    POSTGRES = 1
    AIRFLOW = 2
    BROWSER = 3

    @property
    def marker(self) -> str:
        return self.name.lower()


FIXTURES = {
    "pg_server": Cost.POSTGRES,
    "pg16_server": Cost.POSTGRES,
    "every_server": Cost.POSTGRES,  # asks for one of them by name, when it runs
    "open_folder": Cost.POSTGRES,  # is there for a server's data
    "airflow_runtime": Cost.AIRFLOW,
    "stack_with_crm": Cost.AIRFLOW,
}
# What lies in them imports Airflow, Playwright or Great Expectations, or is a measurement or a sample of a long trial:
# none of it is for between two keystrokes, whether a test needs a database or not.
FOLDERS = {
    "benchmarks": Cost.POSTGRES,
    "soak": Cost.POSTGRES,
    "validation": Cost.POSTGRES,
    "orchestration": Cost.AIRFLOW,
    "browser": Cost.BROWSER,
}
PROGRAMS = {
    "initdb": Cost.POSTGRES,
    "pg_ctl": Cost.POSTGRES,
    "postgres": Cost.POSTGRES,
    "airflow": Cost.AIRFLOW,
    "redis-server": Cost.AIRFLOW,
    "atlas_workflows.supervision.daemon": Cost.POSTGRES,
    "chromium": Cost.BROWSER,
}
CONNECTION = "a PostgreSQL connection"


def cost_by_place(file: Path) -> Cost:
    folders = file.relative_to(TESTS).parts[:-1] if file.is_relative_to(TESTS) else ()
    return max((FOLDERS.get(folder, Cost.PURE) for folder in folders), default=Cost.PURE)


def cost_of(item: pytest.Item) -> Cost:
    """The dearest of what it asks for. Raises UsageError where a mark given by hand makes less of it."""
    fixtures = [FIXTURES.get(name, Cost.PURE) for name in getattr(item, "fixturenames", ())]
    asked = max([cost_by_place(item.path), *fixtures])
    marked = [cost for cost in Cost if item.get_closest_marker(cost.marker)]
    if min(marked, default=asked) < asked:
        raise pytest.UsageError(
            f"{item.nodeid} is marked `{min(marked).marker}`, but it is `{asked.marker}`."
        )
    return max([asked, *marked])


def cost_of_command(words: Iterable[object]) -> tuple[str, Cost]:
    """The dearest of the programs that a command names, be it as a word of `env` or `python -m`."""
    names = [Path(word).name for word in map(_text, words)]
    return max(((name, PROGRAMS.get(name, Cost.PURE)) for name in names), key=lambda found: found[1])


def _text(word: object) -> str:
    return word.decode(errors="replace") if isinstance(word, bytes) else str(word)


class Meter:
    """Notes what the running test starts beyond its cost; installed once, as Python's audit hooks never go."""

    def __init__(self) -> None:
        self.limit: Cost | None = None
        self.beyond: list[str] = []

    def install(self) -> None:
        sys.addaudithook(self._heard)
        # libpq is no Python: its connections raise no audit event.
        connect = psycopg.generators.connect

        def noted(*arguments: Any, **keywords: Any) -> Generator[Any, Any, Any]:
            connection = yield from connect(*arguments, **keywords)
            self._note(CONNECTION, Cost.POSTGRES)  # a refused one needs no server
            return connection

        psycopg.generators.connect = noted  # type: ignore[assignment]

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "subprocess.Popen" and self.limit is not None:
            self._note(*cost_of_command([arguments[0], *arguments[1]]))

    def _note(self, what: str, cost: Cost) -> None:
        if self.limit is not None and cost > self.limit:
            self.beyond.append(f"{what}, which makes it `{cost.marker}`")


METER = Meter()


def pytest_configure() -> None:
    METER.install()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where only pure tests are wanted, folders that cannot hold any are not even imported."""
    wanted = config.getoption("markexpr").split(" and ")
    return True if Cost.PURE.marker in wanted and cost_by_place(collection_path / "x") > Cost.PURE else None


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker(cost_of(item).marker)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    return (yield from _metered(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    return (yield from _metered(item))


def _metered(item: pytest.Item) -> Generator[None, Any, Any]:
    METER.limit, METER.beyond = cost_of(item), []
    try:
        result = yield
    finally:
        METER.limit = None
    if METER.beyond:
        pytest.fail(f"marked `{cost_of(item).marker}`, but it starts {METER.beyond[0]}", pytrace=False)
    return result
