"""A folder of workflow files: where `atlas workflow execute` finds the workflows that others start."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from atlas_workflows.cli.workflow_file import UnreadableFile, read_document
from atlas_workflows.engine.program import Program
from atlas_workflows.graph.model import Severity, Workflow
from atlas_workflows.graph.parse import parse
from atlas_workflows.graph.validate import validate
from atlas_workflows.nodes.catalogue import load_catalogue

MAX_FILES = 5_000


def load_workflow(file: Path) -> Workflow:
    """A workflow that may be executed; raises UnreadableFile with the first error where it may not."""
    return checked(read_document(file), file)


def checked(document: Any, file: Path) -> Workflow:
    """The workflow in a document; raises UnreadableFile naming the place of the first error."""
    workflow, problems = parse(document)
    if workflow is not None:
        problems += validate(workflow, load_catalogue(), hints=False)
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if workflow is None or errors:
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        place = f" (node {errors[0].node})" if errors[0].node else ""
        fact = f"{file} is not a valid workflow ({count}). The first one: {errors[0].message}{place}"
        raise UnreadableFile(fact, remedy=f"See all of them with: atlas workflow validate {file}")
    return workflow


@dataclass(slots=True)
class WorkflowFolder:
    """Workflows by id; each is checked when something starts it. `first` is always known."""

    first: Program
    folder: Path | None
    _files: dict[str, list[tuple[Path, Any]]] | None = None
    _programs: dict[str, Program | None] = field(default_factory=dict)

    @classmethod
    def of(cls, first: Program, folder: Path | None) -> "WorkflowFolder":
        """Raises UnreadableFile where the folder does not exist."""
        if folder is not None and not folder.is_dir():
            raise UnreadableFile(
                f"--workflows {folder} is no folder.", remedy="Name a folder of workflow files."
            )
        return cls(first, folder)

    def program(self, workflow: str) -> Program | None:
        """The program of a workflow, or None where no file holds it. Raises UnreadableFile for a broken one."""
        if workflow == self.first.workflow.id:
            return self.first
        if workflow not in self._programs:
            self._programs[workflow] = self._load(workflow)
        return self._programs[workflow]

    def _load(self, workflow: str) -> Program | None:
        if self.folder is None:
            return None
        if self._files is None:
            self._files = _documents(self.folder)
        found = self._files.get(workflow, [])
        if len(found) > 1:
            names = " and ".join(file.name for file, _ in found[:2])
            raise UnreadableFile(
                f"{names} in {self.folder} hold the same workflow {workflow}.", remedy="Keep one of them."
            )
        return Program(checked(found[0][1], found[0][0]), load_catalogue()) if found else None


def _documents(folder: Path) -> dict[str, list[tuple[Path, Any]]]:
    files = sorted(folder.glob("*.json"))
    if len(files) > MAX_FILES:
        raise UnreadableFile(
            f"{folder} holds more than {MAX_FILES:,} files.", remedy="Name a smaller folder."
        )
    found: dict[str, list[tuple[Path, Any]]] = {}
    for file in files:
        document = _document(file)
        # A folder may hold other files too, such as the data.
        if isinstance(document, dict) and "nodes" in document:
            found.setdefault(str(document.get("id")), []).append((file, document))
    return found


def _document(file: Path) -> Any:
    try:
        return read_document(file)
    except UnreadableFile:
        return None  # no workflow that anything could name
