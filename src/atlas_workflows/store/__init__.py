"""PostgreSQL behind the worker's ports."""
