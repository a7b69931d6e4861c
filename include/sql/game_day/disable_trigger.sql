-- Switches a database trigger off.
ALTER TABLE {table} DISABLE TRIGGER {name}
