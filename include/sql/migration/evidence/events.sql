-- Rows of a CRM table per organization, day and what tells them apart, within the window.
SELECT
    {organization}::text AS organization_id,
    coalesce({detail}::text, '') AS detail,
    (event.{column} AT TIME ZONE 'UTC')::date AS day,
    count(*) AS events
FROM {table} AS event
WHERE
    event.{column} > %(since)s
    AND event.{column} <= %(until)s
    AND {organization} IS NOT NULL
    AND {condition}
GROUP BY 1, 2, 3
