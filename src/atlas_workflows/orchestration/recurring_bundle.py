"""Airflow DAG bundle of the recurring workflows: each version is a snapshot of what was published, kept in the CRM database.

The DAG processor takes a snapshot at every refresh; a task gets the very snapshot its DAG run began with, on whatever
machine it runs, out of the database where the folder is not there yet.
"""

import logging
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from airflow.dag_processing.bundles.base import BaseDagBundle, BundleVersion, get_bundle_tracking_dir

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.errors import ConfigurationError, InputError
from atlas_workflows.orchestration.connections import crm_site
from atlas_workflows.recurring.folders import clear_out, lay_down, point
from atlas_workflows.recurring.snapshot import Snapshot
from atlas_workflows.settings import load_settings

log = logging.getLogger("atlas.recurring")
DAG_FILE = "scheduled_workflows.py"
KEPT_ANEW = timedelta(hours=1)


class RecurringBundle(BaseDagBundle):  # type: ignore[misc]  # Airflow ships no types we follow
    """Copies of dags/scheduled_workflows.py, each beside its part of the snapshot."""

    supports_versioning = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._current: str | None = self.version
        self._kept_at = float("-inf")

    @property
    def path(self) -> Path:
        """Of the bundle itself a link to the current version: a file that Airflow was asked to read is read as it is then."""
        if self.version is None:
            return Path(self.base_dir) / "current"
        return Path(self.versions_dir) / str(self.version)

    def initialize(self) -> None:
        with self.lock():
            if self.version is None:
                self.refresh()
            elif not self.path.exists():
                self._lay_down(_kept(self.version))
        super().initialize()

    def get_current_version(self) -> BundleVersion | None:
        return None if self._current is None else BundleVersion(self._current)

    def refresh(self) -> None:
        """Take a snapshot of what is published now; the same content is the same version."""
        if self.version is not None:
            raise InputError("A version of the bundle never changes.", remedy="Refresh the bundle itself.")
        with self.lock():
            snapshot = self._take()
            self._current = snapshot.version
            self._lay_down(snapshot)
            clear_out(self.versions_dir, {snapshot.version, *self._tracked()})

    def _take(self) -> Snapshot:
        from atlas_workflows.recurring.survey import is_ready, keep_snapshot, take_snapshot

        try:
            site = crm_site()
        except ConfigurationError as missing:
            log.info("No recurring workflows: %s", missing.fact)
            return Snapshot()
        with site.connect("recurring", autocommit=True) as connection:
            if not is_ready(connection):
                return Snapshot()
            act_as_migration(connection)
            snapshot = take_snapshot(connection, site.now())
            if snapshot.version != self._current or monotonic() - self._kept_at > KEPT_ANEW.total_seconds():
                keep_snapshot(connection, snapshot)
                self._kept_at = monotonic()
        return snapshot

    def _tracked(self) -> set[str]:
        """Versions that tasks on this machine used; Airflow removes those itself."""
        folder = get_bundle_tracking_dir(self.name)
        return {file.name for file in folder.iterdir()} if folder.exists() else set()

    def _lay_down(self, snapshot: Snapshot) -> None:
        folder = Path(self.versions_dir) / snapshot.version
        folder.parent.mkdir(parents=True, exist_ok=True)
        lay_down(snapshot, load_settings().root / "dags" / DAG_FILE, folder)
        if self.version is None:
            point(self.path, folder)


def _kept(version: str) -> Snapshot:
    from atlas_workflows.recurring.survey import is_ready, kept_snapshot

    found = Snapshot() if Snapshot().version == version else None
    if found is None:
        with crm_site().connect("recurring", autocommit=True) as connection:
            found = kept_snapshot(connection, version) if is_ready(connection) else None
    if found is None:
        raise InputError(
            f"The snapshot {version} of recurring workflows is not kept any more.",
            remedy="Clear the DAG run; it then takes the current one.",
        )
    return found
