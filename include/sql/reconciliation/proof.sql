-- Of the rows of a legacy table between two keys: by organization and bucket how many are as they were moved, with their digests, and the keys of all others.
WITH suspect AS (
    SELECT source_id
    FROM atlas.captured_changes
    WHERE source_table = %(table)s
    UNION
    SELECT source_id
    FROM atlas.quarantine
    WHERE source_table = %(table)s AND resolved_at IS NULL
    UNION
    SELECT elsewhere.source_id
    FROM {elsewhere} AS elsewhere
    UNION
    SELECT twice.source_id
    FROM {twice} AS twice
    UNION
    SELECT astray.source_id
    FROM {astray} AS astray
    UNION
    SELECT unnest(%(suspects)s::text [])
),

said AS (
    -- Both sides of a row are put together while they are as they lie there; OFFSET 0: a text that is named several times is made
    -- once.
    SELECT
        pair.*,
        {content} AS content,
        {main_text} AS text,
        {arrived} AS has_arrived
    FROM (
        SELECT
            s.{key} AS row_key,
            s.{key}::text AS row_id,
            ({organization}) COLLATE "C" AS organization,
            {source_cells},
            {main_cells},
            t.id IS NOT NULL AS has_main,
            t.id IS NOT NULL AND s.{key} IS NOT NULL AND coalesce(t.source_id <> s.{key}::text, TRUE) AS is_of_another,
            ({main_at_rest}) AS is_at_rest
        FROM {source} AS s {parents}
        FULL JOIN {main} AS t ON s.{key} = t.id
        OFFSET 0
    ) AS pair
    OFFSET 0
),

source AS (
    SELECT
        said.row_key,
        said.row_id,
        said.organization,
        said.content,
        said.has_main,
        said.is_of_another,
        NOT said.has_main OR coalesce(said.is_at_rest, FALSE) AS is_at_rest,
        said.has_arrived AND NOT said.is_of_another AND said.organization_id = said.organization
        AND position('$secret' IN said.text) = 0 AS is_plain,
        encode(sha256(convert_to(said.content, 'UTF8')), 'hex') AS hash,
        encode(sha256(convert_to(said.text, 'UTF8')), 'hex') AS main_digest
    FROM said
    OFFSET 0
),

entry AS (
    SELECT
        source_id,
        organization_id,
        source_hash,
        target_hash,
        source_deleted_at IS NULL AND rolled_back_at IS NULL AS is_live,
        outcome = 'migrated' AND reasons = '[]' AND changes = '[]' AS is_plain
    FROM atlas.migration_ledger
    WHERE source_table = %(table)s AND {entries}
),

original AS (
    SELECT
        source_id,
        organization_id,
        content_hash,
        CASE WHEN sealed IS NULL THEN content END AS content
    FROM atlas.originals
    WHERE source_table = %(table)s AND {entries}
),

noted AS (
    -- Put together first: it takes less than to join the one and then the other to a row that carries its texts.
    SELECT
        coalesce(entry.source_id, original.source_id) AS source_id,
        entry.source_id IS NOT NULL AS has_entry,
        original.source_id IS NOT NULL AS has_original,
        entry.is_live,
        entry.is_plain AND original.organization_id = entry.organization_id AND original.content_hash = entry.source_hash AS is_plain,
        entry.organization_id,
        entry.source_hash,
        entry.target_hash,
        original.content
    FROM entry
    FULL JOIN original ON entry.source_id = original.source_id
    OFFSET 0
),

line AS (
    SELECT
        cells.*,
        {member_text} AS text
    FROM {member} AS cells
    OFFSET 0
),

matched AS (
    -- What was told and has no line, or a line that nobody told, is no match.
    SELECT
        coalesce(line.row_key, told.row_key) AS row_key,
        coalesce(line.at, told.at) AS at,
        line.source_id,
        line.organization_id,
        line.text,
        line.row_key IS NOT NULL AS is_line,
        line.row_key IS NOT NULL AND coalesce(line.source_id <> line.row_key::text, TRUE) AS is_of_another,
        coalesce(line.is_at_rest, FALSE) OR line.row_key IS NULL AS is_at_rest,
        coalesce(
            line.is_at_rest AND line.source_id = line.row_key::text AND position('$secret' IN line.text) = 0
            AND told.row_key IS NOT NULL AND {agrees}, FALSE
        ) AS is_plain
    FROM line
    FULL JOIN {told} AS told ON line.row_key = told.row_key AND line.at = told.at
    OFFSET 0
),

member AS (
    SELECT
        matched.row_key,
        count(*) AS lines,
        left(encode(sha256(convert_to(string_agg(matched.text, E'\n' ORDER BY matched.text COLLATE "C"), 'UTF8')), 'hex'), 32) AS digest,
        string_agg(sha256(convert_to(concat({member_head}, matched.source_id, '64:', encode(sha256(convert_to(matched.text, 'UTF8')), 'hex'), {member_tail}), 'UTF8')), {carry}) AS kept,
        -- Two lines at one place are one too many, even where both say what was told.
        bool_and(matched.is_plain) AND count(*) = count(DISTINCT matched.at) AS is_plain,
        bool_and(matched.is_at_rest) AS is_at_rest,
        bool_or(matched.is_of_another) AS is_of_another,
        bool_or(matched.is_line) AS has_lines,
        min(matched.organization_id COLLATE "C") AS organization_from,
        max(matched.organization_id COLLATE "C") AS organization_to
    FROM matched
    GROUP BY matched.row_key
),

compared AS (
    SELECT
        source.row_key,
        source.row_id,
        source.organization,
        source.hash,
        noted.target_hash,
        source.main_digest,
        member.lines,
        member.kept AS member_kept,
        -- Whatever only one side has, or has under another id; a row that went, and whose going was noted, is no such, nor is one
        -- that came and of which nothing is here yet.
        coalesce(
            CASE
                WHEN source.row_key IS NULL THEN NOT coalesce(noted.has_entry, FALSE) OR noted.is_live
                ELSE source.is_of_another OR coalesce(member.is_of_another, FALSE)
                    OR (
                        noted.is_live IS NOT TRUE
                        AND (source.has_main OR coalesce(member.has_lines, FALSE) OR coalesce(noted.has_original, FALSE))
                    )
            END, FALSE
        ) AS is_stray,
        NOT coalesce(source.is_at_rest, TRUE) OR NOT coalesce(member.is_at_rest, TRUE) AS is_written,
        coalesce(
            suspect.source_id IS NULL
            AND noted.is_live
            AND noted.is_plain
            AND noted.organization_id::text = source.organization
            AND noted.source_hash = source.hash
            AND noted.content = source.content
            AND source.is_at_rest
            AND source.is_plain
            AND (
                member.row_key IS NULL
                OR (
                    member.is_plain AND member.organization_from = source.organization
                    AND member.organization_to = source.organization
                )
            )
            AND noted.target_hash = concat(
                '{{', CASE WHEN member.digest IS NOT NULL THEN concat({member_name}, member.digest, '",') END,
                {main_name}, left(source.main_digest, 32), '"}}'
            ),
            FALSE
        ) AS holds
    FROM source
    FULL JOIN noted ON source.row_id = noted.source_id
    FULL JOIN member ON source.row_key = member.row_key
    LEFT JOIN suspect ON source.row_id = suspect.source_id
    OFFSET 0
),

hashed AS (
    SELECT
        compared.row_key,
        compared.holds,
        compared.is_stray,
        compared.is_written,
        compared.lines,
        compared.member_kept,
        CASE WHEN compared.holds THEN compared.organization COLLATE "C" END AS organization,
        CASE WHEN compared.holds THEN get_byte(sha256(convert_to(compared.row_id, 'UTF8')), 0) & 15 END AS bucket,
        CASE
            WHEN compared.holds
                THEN sha256(convert_to(concat(
                    {leaf_head}, compared.row_id, '64:', compared.hash, '8:migrated', char_length(compared.target_hash), ':',
                    compared.target_hash, '4:[][]'
                ), 'UTF8'))
        END AS leaf,
        CASE
            WHEN compared.holds
                THEN sha256(convert_to(concat({main_head}, compared.row_id, '64:', compared.main_digest, {main_tail}), 'UTF8'))
        END AS main_kept
    FROM compared
    OFFSET 0
)

SELECT
    organization,
    bucket,
    count(*) AS rows,
    coalesce(sum(lines) FILTER (WHERE holds), 0)::bigint AS lines,
    string_agg(leaf, {carry}) AS leaves,
    string_agg(main_kept, {carry}) AS main_kept,
    string_agg(member_kept, {carry}) FILTER (WHERE holds) AS member_kept,
    array_agg(row_key) FILTER (WHERE NOT holds AND row_key IS NOT NULL) AS others,
    count(*) FILTER (WHERE is_stray) AS strays,
    count(*) FILTER (WHERE is_written) AS written,
    (SELECT count(s.{key}) FROM {source} AS s) AS sources
FROM hashed
GROUP BY organization, bucket
