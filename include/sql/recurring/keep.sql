-- Keeps the text of a snapshot under its version; one that is kept already is noted as used.
INSERT INTO atlas.recurring_snapshots (version, content)
VALUES (%(version)s, %(content)s)
ON CONFLICT (version) DO UPDATE SET used_at = now()
