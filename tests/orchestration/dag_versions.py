"""A program: the version that Airflow gives each DAG of a snapshot, and which heavy modules reading it took."""

import sys
from pathlib import Path

from airflow.models.serialized_dag import SerializedDagModel
from airflow.serialization.serialized_objects import DagSerialization

from atlas_workflows.orchestration.scheduled_dag import scheduled_dags

if __name__ == "__main__":
    for dag in scheduled_dags(Path(sys.argv[1])):
        document = DagSerialization.to_dict(dag)
        assert DagSerialization.from_dict(document).timetable == dag.timetable
        print(dag.dag_id, SerializedDagModel.hash(document))
    print([name for name in ("holidays", "psycopg", "pandas", "great_expectations") if name in sys.modules])
