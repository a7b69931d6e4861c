-- Makes a cohort or replaces it.
INSERT INTO atlas.cohorts (name, percentage, salt, allow, deny)
VALUES (%(name)s, %(percentage)s, %(salt)s, %(allow)s::uuid[], %(deny)s::uuid[])
ON CONFLICT (name) DO UPDATE SET
    percentage = excluded.percentage, salt = excluded.salt, allow = excluded.allow, deny = excluded.deny
