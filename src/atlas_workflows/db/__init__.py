"""PostgreSQL: the embedded server, connections with a fixed session, SQL files, COPY."""
