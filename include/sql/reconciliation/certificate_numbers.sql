-- As many numbers for certificates as are asked for: certificates stand in the order of these, whatever a clock says.
SELECT nextval(pg_get_serial_sequence('atlas.certificates', 'number')) AS number
FROM generate_series(1, %(count)s) AS asked
