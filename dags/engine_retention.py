"""Airflow DAG: lets go once a day of what is kept long enough.

Drops whole days of executions and steps (400 days) and of log lines (30), and with a day's executions their effects, what
those changed in the CRM, and their enrolments but for each subject's last. What a live execution began in stays, and what was
migrated. The same as `atlas retention --yes`; each dropped day is in the audit log. It is paused until somebody turns it on.

```json
{"executions_days": 400, "logs_days": 30}
```
"""

from atlas_workflows.orchestration.retention_dag import build_retention_dag

engine_retention = build_retention_dag(__doc__)
