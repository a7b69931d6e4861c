"""Airflow DAG: starts recurring workflows that have no DAG of their own, and whatever has waited its turn, every minute.

Which organizations' schedules it starts, the flags `scheduling.most_dags` and `scheduling.most_together` say. Each DAG run
stays with what comes due until the next one begins, so that nothing waits for Airflow. Whoever pauses it pauses all of them.

```json
{}
```
"""

from atlas_workflows.orchestration.scheduled_sweep_dag import build_scheduled_sweep_dag

scheduled_sweep = build_scheduled_sweep_dag(__doc__)
