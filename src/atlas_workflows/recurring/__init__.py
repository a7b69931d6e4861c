"""Which published workflows recur, the snapshot of them that Airflow's DAGs are made from, and one occurrence of one."""
