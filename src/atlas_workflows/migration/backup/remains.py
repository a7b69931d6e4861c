"""What killed backups, proofs and rehearsals left, found by the next call: plain text in folders, copies in databases."""

from pathlib import Path

from atlas_workflows.migration.backup.scratch import drop_abandoned
from atlas_workflows.migration.backup.unfinished import clear_folders, folders_below
from atlas_workflows.site import Site


def clear_away(site: Site, *folders: Path) -> tuple[str, ...]:
    """Remove all of it, in `folders` too; returns the names of the databases. Raises what connecting raises."""
    clear_folders(*folders_below(site.settings.home), *folders)
    with site.connect("clear", autocommit=True) as connection:
        return drop_abandoned(connection)
