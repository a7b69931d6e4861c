"""Published versions from PostgreSQL, made ready once and kept while they are in use."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from atlas_workflows import exact_json
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.engine.behaviour import Kinds
from atlas_workflows.engine.program import Program
from atlas_workflows.errors import AtlasError
from atlas_workflows.graph.model import Severity
from atlas_workflows.graph.parse import parse
from atlas_workflows.store.sessions import Pool, transact
from atlas_workflows.worker.formats import Executable, ForeignProgram

KEPT = 500
# Reads a version that is in a format of its own; None for every other.
ReadForeign = Callable[[str], ForeignProgram | None]


def _nothing_foreign(text: str) -> ForeignProgram | None:  # noqa: ARG001
    return None


class PostgresDefinitions:
    """Versions never change, so a program is kept until others push it out. `foreign` reads other formats than ours."""

    def __init__(self, pool: Pool, kinds: Kinds, foreign: ReadForeign = _nothing_foreign) -> None:
        self.pool = pool
        self.kinds = kinds
        self.foreign = foreign
        self._kept: OrderedDict[tuple[str, str, int], Executable] = OrderedDict()
        self._lock = Lock()

    def program(self, organization: str, workflow: str, version: int) -> Executable | None:
        """The program of a version; None where there is none or it cannot be read whole."""
        name = organization, workflow, version
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
                return self._kept[name]
        found = self._read(*name)
        if found is not None:
            self._keep(name, found)
        return found

    def _read(self, organization: str, workflow: str, version: int) -> Executable | None:
        given = {"organization": organization, "workflow": workflow, "version": version}
        text = transact(self.pool, lambda connection: scalar(connection, sql("engine/definition"), given))
        return None if text is None else self.foreign(text) or program_of(text, self.kinds)

    def _keep(self, name: tuple[str, str, int], program: Executable) -> None:
        with self._lock:
            self._kept[name] = program
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)


def program_of(text: str, kinds: Kinds) -> Program | None:
    """The program in a definition's JSON text; None where any of it cannot be read."""
    try:
        workflow, problems = parse(exact_json.loads(text))
        if workflow is None or any(problem.severity is Severity.ERROR for problem in problems):
            return None
        return Program(workflow, kinds)
    except AtlasError:
        return None
