-- Changes of organizations that this run is not about go back for a run that is.
INSERT INTO atlas.captured_changes (source_table, source_id, operation)
SELECT %(source_table)s, given, 'U'
FROM unnest(%(ids)s::text[]) AS given
