-- Forgets occurrences that were passed over longer ago than any catch-up looks back.
DELETE FROM atlas.recurring_occurrences AS o WHERE o.state = 'passed_over' AND o.decided_at < %(now)s - %(kept)s::interval
