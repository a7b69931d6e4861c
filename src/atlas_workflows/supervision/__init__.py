"""The local stack: secrets, ports, embedded PostgreSQL and the Airflow processes, started, watched and stopped."""
