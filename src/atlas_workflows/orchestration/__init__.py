"""The only package that imports Airflow: DAGs from phases, the Airflow Connection, notices."""
