-- Make the monthly partitions that are missing.
SELECT atlas.ensure_month_partitions(%(table)s, %(first)s, %(last)s)
