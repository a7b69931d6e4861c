"""Airflow plugin: the page Atlas in the navigation, with phase reports and Data Docs; the timetable; a warm start of tasks.

Registers only.
"""

from airflow.plugins_manager import AirflowPlugin

from atlas_workflows.orchestration import warm_start
from atlas_workflows.orchestration.pages import LazyApplication
from atlas_workflows.orchestration.timetable import RecurringTimetable


def _pages():
    from atlas_workflows.api.app import create_app, provider_of, rate_of
    from atlas_workflows.orchestration.connections import crm_dsn
    from atlas_workflows.orchestration.pages import airflow_guard, read_airflow_session
    from atlas_workflows.phase_starts import PhaseStarts
    from atlas_workflows.settings import load_settings

    settings = load_settings()
    return create_app(
        dsn=crm_dsn,
        reports=settings.home / "reports",
        guard=airflow_guard(),
        read_session=read_airflow_session,
        provider=provider_of(settings),
        rate=rate_of(settings),
        proxies=settings.trusted_proxies,
        phases=PhaseStarts(load_settings),
    )


class AtlasPlugin(AirflowPlugin):
    """Mounted at /atlas; every page needs a login that may read the phase DAGs; the API has its doors."""

    name = "atlas"
    fastapi_apps = [{"app": LazyApplication(_pages), "url_prefix": "/atlas", "name": "Atlas pages"}]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {"name": "Atlas", "href": "/atlas/", "destination": "nav", "url_route": "atlas"},
        {
            "name": "Report",
            "href": "/atlas/dag-run?dag_id={DAG_ID}&run_id={RUN_ID}",
            "destination": "dag_run",
            "url_route": "atlas-report",
        },
    ]
    timetables = [RecurringTimetable]  # noqa: RUF012
    listeners = [warm_start]  # noqa: RUF012
