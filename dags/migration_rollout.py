"""Airflow DAG: rolls phase 2 out, cohort by cohort.

Widens the cohort to each percentage in turn (a stable hash: the same organizations go first every time) and to the
organizations that are allowed by name, and cuts over those who are new in it. Each stage is watched; a guardrail that is
crossed halts the rollout and gives the stage's workflows back, and no further stage begins. By default it only says who would
be next; turn **Dry run** off to really cut over. `atlas rollout resume` lets a halted rollout go on. The guardrails' limits are
fields of the form; each stage's run keeps those that it was watched with.

```json
{"percents": [1, 10, 50, 100], "watch_minutes": 30, "error_percent": 5, "dry_run": false, "reason": "first cohorts"}
```
"""

from atlas_workflows.orchestration.rollout_dag import build_rollout_dag

migration_rollout = build_rollout_dag(__doc__)
