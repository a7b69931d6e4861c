"""Moves the data: phases declared as data, step kinds from one registry, backfill, capture, ledger, rollback, report."""
