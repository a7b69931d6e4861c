-- Takes webhooks in away again; what was delivered stays as events.

DROP FUNCTION atlas.webhook_door(text);
DROP TABLE atlas.webhook_rates, atlas.webhook_deliveries;
DROP INDEX atlas.event_outbox_in_order;
ALTER TABLE atlas.event_outbox DROP COLUMN order_key;
ALTER TABLE atlas.workflow_webhooks
    DROP COLUMN scheme, DROP COLUMN manner, DROP COLUMN previous_secret_id, DROP COLUMN previous_until;
