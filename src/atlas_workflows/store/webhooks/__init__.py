"""Webhooks in PostgreSQL: what the intake keeps, and how endpoints are looked after."""
