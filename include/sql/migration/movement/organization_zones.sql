-- The time zones that organizations name for themselves; the column came with a later patch of some variants.
SELECT
    org.id::text,
    org.timezone::text
FROM public.organizations AS org
WHERE org.timezone IS NOT NULL
