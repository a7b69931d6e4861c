"""Writes translated workflows of the database into a folder, one file each."""

from pathlib import Path
from uuid import UUID

from atlas_workflows.db.connect import connect
from atlas_workflows.db.schema import current
from atlas_workflows.errors import InputError, PhaseRefused
from atlas_workflows.migration.report.definitions import read_definitions


def export(dsn: str, folder: Path, organization: str | None, workflows: list[str]) -> int:
    """How many files were written. Raises InputError for ids that are none, an unusable folder, or nothing found."""
    if current(dsn) is None:
        raise PhaseRefused("This database has no schema atlas.", remedy="Start with `atlas migrate run p1`.")
    owner = None if organization is None else _id(organization, "--organization")
    named = [_id(workflow, "WORKFLOW") for workflow in workflows]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with connect(dsn, application_name="atlas-workflow-export", autocommit=True) as connection:
            count = 0
            for workflow, definition in read_definitions(connection, organization=owner, workflows=named):
                (folder / f"{workflow}.json").write_text(f"{definition}\n", encoding="utf-8")
                count += 1
    except OSError as cause:
        fact = f"{folder} cannot be written to: {cause.strerror or cause}."
        raise InputError(fact, remedy="Name a folder that you may write to.") from cause
    if not count:
        raise InputError(
            "No such workflow is in this database.", remedy="`atlas migrate report p1` lists them."
        )
    return count


def _id(text: str, field: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as cause:
        raise InputError(f"{field} {text[:60]!r} is no id.", remedy="Ids are UUIDs.") from cause
