-- Removes the functions; partitions that were made stay with their table.
DROP FUNCTION IF EXISTS atlas.ensure_month_partitions(text, timestamptz, timestamptz);
DROP FUNCTION IF EXISTS atlas.make_month_partition(regclass, text, date);
