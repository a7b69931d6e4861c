-- Store a trigger's forecast.
UPDATE atlas.trigger_evidence
SET forecast = %(forecast)s
WHERE workflow_id = %(workflow_id)s AND trigger_key = %(trigger_key)s
