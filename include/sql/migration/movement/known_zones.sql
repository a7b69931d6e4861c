-- Which of these time zones the server knows.
SELECT zone.name FROM pg_catalog.pg_timezone_names AS zone WHERE zone.name = ANY(%(names)s)
