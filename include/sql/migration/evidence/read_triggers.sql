-- What a forecast is made of, and the one that is stored.
SELECT
    workflow_id::text, trigger_key, organization_id::text, event_kind, event_details, is_certain, messages_low,
    messages_high, forecast::text
FROM atlas.trigger_evidence
