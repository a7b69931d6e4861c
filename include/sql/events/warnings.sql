-- The newest changes that could not be noted as events.
SELECT w.source_table, w.operation, w.sqlstate, w.message, w.at
FROM atlas.event_capture_warnings AS w
ORDER BY w.at DESC
LIMIT %(limit)s
