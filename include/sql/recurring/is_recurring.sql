-- Whether a published version of a workflow has a schedule.
SELECT EXISTS (
    SELECT
    FROM atlas.workflow_versions AS v
    WHERE v.organization_id = %(organization)s AND v.workflow_id = %(workflow)s
        AND jsonb_path_exists(v.definition, '$.triggers[*] ? (@.type == "schedule")')
)
