"""The ground of the benchmark of recurring workflows: the same DAGs as snapshots of ours and as YAML of dag-factory.

dag-factory gets what it reads fastest: a page that is written out, the schedule as a cron expression of Airflow's own, and
one YAML file for each DAG, as its documentation has it. It lies in a folder of its own, so that its Airflow plugin is in
no other process.
"""

import subprocess
import sys
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from atlas_workflows.cli.check import find_uv
from atlas_workflows.recurring.entry import Entry, entry_of
from atlas_workflows.recurring.folders import lay_down
from atlas_workflows.recurring.snapshot import Snapshot
from atlas_workflows.settings import ROOT, load_settings
from atlas_workflows.time_zones import TZDATA_VERSION

PEER = "dag-factory"
PUBLISHED = datetime(2026, 3, 27, 12, 30, tzinfo=UTC)
ORGANIZATIONS = 200
LOADER = """\"\"\"Airflow DAG: all that the YAML files beside this one describe.\"\"\"

from pathlib import Path

from dagfactory import load_yaml_dags

HERE = str(Path(__file__).parent)
load_yaml_dags(globals_dict=globals(), dags_folder=HERE, defaults_config_path=HERE)
"""


def entries(many: int) -> list[Entry]:
    """So many workflows of two hundred gyms, in every minute of the morning, each in one of four zones."""
    return [_entry(number) for number in range(many)]


def _entry(number: int) -> Entry:
    zones = ("Europe/London", "America/New_York", "Australia/Sydney", "UTC")
    gym = number % ORGANIZATIONS
    return entry_of(
        organization=f"11111111-1111-4111-8111-{gym:012}",
        organization_name=f"Gym {gym}",
        workflow=f"00000000-0000-4000-8000-{number:012}",
        name=f"Newsletter {number}",
        version=3,
        trigger="due",
        published_at=PUBLISHED,
        active_since=PUBLISHED,
        year=PUBLISHED.year,
        schedule={"cron": f"{number % 60} {6 + number % 7} * * 1-5", "timezone": zones[number % len(zones)]},
    )


def lay_ours(found: Sequence[Entry], folder: Path) -> None:
    """As the bundle lays them down."""
    lay_down(Snapshot(tuple(found)), ROOT / "dags" / "scheduled_workflows.py", folder)


def lay_theirs(found: Sequence[Entry], folder: Path) -> None:
    """A YAML file for each DAG, and the DAG file that reads them."""
    folder.mkdir()
    (folder / "from_yaml.py").write_text(LOADER)
    for entry in found:
        text = yaml.dump({entry.dag_id: _as_yaml(entry)}, Dumper=yaml.CSafeDumper, sort_keys=False)
        (folder / f"{entry.workflow}.yaml").write_text(text)


def _as_yaml(entry: Entry) -> dict[str, Any]:
    """Our DAG as dag-factory writes it: the same tasks, callables, page, tags, owner, retries and callback."""
    from atlas_workflows.orchestration.scheduled_dag import RETRIES, build_scheduled_dag

    dag = build_scheduled_dag(entry, TZDATA_VERSION)
    retries = {"retries": RETRIES["retries"], "retry_delay_sec": int(RETRIES["retry_delay"].total_seconds())}
    return {
        "description": dag.description,
        "dag_display_name": dag.dag_display_name,
        "doc_md": dag.doc_md,
        "schedule": entry.schedule["cron"],
        "start_date": entry.since.isoformat(),
        "catchup": False,
        "max_active_runs": dag.max_active_runs,
        "is_paused_upon_creation": False,
        "default_args": {"owner": dag.owner, **retries},
        "tags": sorted(dag.tags),
        "on_failure_callback": "atlas_workflows.orchestration.notify.on_failure",
        "tasks": [_task_as_yaml(task) for task in dag.topological_sort()],
    }


def _task_as_yaml(task: Any) -> dict[str, Any]:
    work = getattr(task, "python_callable", None) or task.partial_kwargs["python_callable"]
    return {
        "task_id": task.task_id,
        "operator": "airflow.providers.standard.operators.python.PythonOperator",
        "python_callable": f"{work.__module__}.{work.__qualname__}",
        "op_kwargs": dict(getattr(task, "op_kwargs", {})),
        "dependencies": sorted(task.upstream_task_ids),
    }


@cache
def peer_folder() -> Path:
    """dag-factory as uv.lock has it, alone in a folder; all it needs is in our environment."""
    settings = load_settings()
    version = locked_version(PEER)
    folder = settings.home / "bench" / f"{PEER}-{version}"
    if not folder.is_dir():
        install = [find_uv(settings), "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
        subprocess.run([*install, "--python", sys.executable, f"{PEER}=={version}"], check=True)
    return folder


def locked_version(name: str) -> str:
    """What uv.lock says."""
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    return next(str(package["version"]) for package in packages if package["name"] == name)
