-- DAGs that were paused in Airflow because their workflow was; of one workflow where one is given.
SELECT p.dag_id FROM atlas.recurring_pauses AS p WHERE %(workflow)s::uuid IS NULL OR p.workflow_id = %(workflow)s
