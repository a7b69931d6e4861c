"""The catalogue: one file per node type, exporting NODE. What a type is, takes, gives and does."""
