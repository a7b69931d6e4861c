-- Waits for transactions that note events of an organization, and begins its next epoch of ownership.
SELECT atlas.change_owners(%(organization)s::uuid)
