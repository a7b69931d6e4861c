-- Notes DAGs as paused in Airflow because their workflow was.
INSERT INTO atlas.recurring_pauses (organization_id, workflow_id, dag_id)
SELECT %(organization)s, %(workflow)s, unnest(%(dags)s::text[])
ON CONFLICT DO NOTHING
