-- Forgets earlier revisions of drafts that nobody edits any more, and who had one open.
WITH presence AS (
    DELETE FROM atlas.draft_presence AS p
    WHERE p.seen_at < %(before)s
)
DELETE FROM atlas.draft_revisions AS d
WHERE d.replaced_at < %(before)s
