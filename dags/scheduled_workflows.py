"""Airflow DAG: one per schedule of a published workflow, named after organization and workflow.

Made from the snapshot beside this file, which the DAG bundle `atlas_recurring` writes; here, where no snapshot lies, it makes
none. A task that starts builds its own DAG alone. Started by hand it executes the workflow once, now:

```json
{}
```
"""

from pathlib import Path

from airflow.sdk import get_parsing_context

from atlas_workflows.orchestration.scheduled_dag import scheduled_dags

for dag in scheduled_dags(Path(__file__), only=get_parsing_context().dag_id):
    globals()[dag.dag_id] = dag
