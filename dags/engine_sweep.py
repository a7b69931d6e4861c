"""Airflow DAG: looks after the engine every five minutes.

Reaps what a dead worker held, lets workflows accept events once the old application's executions are over, and runs a
backlog that is too large for the standing workers as 8 to 16 mapped tasks; each runs the same worker until nothing is due.
It is paused until somebody turns it on; the standing workers (`atlas worker`) do all of this by themselves while they run.

```json
{}
```
"""

from atlas_workflows.orchestration.engine_sweep_dag import build_engine_sweep_dag

engine_sweep = build_engine_sweep_dag(__doc__)
