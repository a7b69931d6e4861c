"""Moving rows: read from the legacy tables, translated, loaded, and kept up while the old application writes."""
