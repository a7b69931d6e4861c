-- Whether schema atlas has the function that publishes events.
SELECT to_regprocedure('atlas.emit_event(uuid, text, text, jsonb, text, text)') IS NOT NULL AS can_emit
