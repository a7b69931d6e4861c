-- Whether the organization at hand has this key.
SELECT EXISTS (SELECT FROM atlas.api_keys AS k WHERE k.id = %(id)s)
