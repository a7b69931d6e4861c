-- The organizations there are as a run sees them: what the hash over the inputs says of each, and whether the run is about it.
CREATE TEMPORARY TABLE IF NOT EXISTS atlas_tenants (
    id uuid PRIMARY KEY,
    fact text NOT NULL,
    is_covered boolean NOT NULL
)
