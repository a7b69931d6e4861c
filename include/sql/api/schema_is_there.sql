-- Whether the tables that the API needs are there.
SELECT to_regclass('atlas.api_keys') IS NOT NULL
