"""Composition root of the command line: the environment's settings and a database become a Site, here and nowhere else."""

from atlas_workflows.settings import load_settings
from atlas_workflows.site import ProgressSink, Site, silent


def crm_site(dsn: str | None = None, progress: ProgressSink = silent) -> Site:
    """The CRM database at `dsn`, else at ATLAS_CRM_DSN. Raises ConfigurationError where neither names one."""
    settings = load_settings()
    return Site(dsn or settings.require_crm_dsn(), settings, progress)
