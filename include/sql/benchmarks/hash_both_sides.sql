-- One pass that hashes every row of every table that is compared, on both sides, and reads neither ledger nor originals.
SELECT
    count(*) AS rows,
    sum(get_byte(sha256(convert_to(line.said, 'UTF8')), 0)) AS total
FROM ({tables}) AS line
