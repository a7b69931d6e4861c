"""Airflow DAG: takes a migration phase back.

Removes what the phase made for the organizations named (all of them where none is named), archives rows that were
born or edited since, and keeps ledger, audit log, sign-offs and consents. Refused while a later phase is applied to one
of them. The legacy tables are not touched. By default it only counts; turn **Dry run** off to really do it.

```json
{"phase": "p1_database", "organizations": [], "dry_run": false, "reason": "wrong week"}
```
"""

from atlas_workflows.orchestration.rollback_dag import build_rollback_dag

migration_rollback = build_rollback_dag(__doc__)
