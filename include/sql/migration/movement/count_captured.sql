-- How many captured changes wait to be taken up.
SELECT count(*) FROM atlas.captured_changes WHERE source_table = ANY(%(tables)s)
