-- Whether schema atlas has come as far as the engine needs.
SELECT to_regclass('atlas.event_outbox') IS NOT NULL AND to_regclass('atlas.exposures') IS NOT NULL
