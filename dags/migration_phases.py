"""Airflow DAG: one per migration phase, built from the phase's own declaration.

`migration_p1_database` lays down schema `atlas`, backs up, rehearses, moves the data, validates and reconciles it.
Example configuration: {"organizations": [], "percent": null, "dry_run": true}
"""

from atlas_workflows.migration.phases import all_phases
from atlas_workflows.orchestration.phase_dag import build_phase_dag

for phase in all_phases():
    globals()[phase.dag_id] = build_phase_dag(phase)
