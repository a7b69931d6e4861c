-- Add to the consent ledger what a legacy table says now and did not say before, for some organizations or for all.
SELECT atlas.record_legacy_consents(%(table)s, %(organizations)s)
