-- Whether this session is encrypted, whether it stays on this machine, and with what it is encrypted.
SELECT
    coalesce(ssl.ssl, FALSE) AS is_encrypted,
    inet_client_addr() IS NULL OR inet_client_addr() = inet_server_addr() AS is_local,
    ssl.version AS protocol
FROM (SELECT pg_backend_pid() AS pid) AS me
LEFT JOIN pg_catalog.pg_stat_ssl AS ssl ON me.pid = ssl.pid
