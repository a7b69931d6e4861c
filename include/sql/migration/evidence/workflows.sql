-- The head of every workflow: owner, whether it is live, and the columns by which events found it.
SELECT
    workflow.id::text AS id,
    {organization}::text AS organization_id,
    coalesce({is_live}, false) AS is_live,
    {trigger_type}::text AS trigger_type,
    {trigger_config}::text AS trigger_config,
    {created}::timestamptz AS created_at
FROM {table} AS workflow
