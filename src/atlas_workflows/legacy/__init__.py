"""The old world: table shapes, readers, aliases, and the translation into the workflow format."""
