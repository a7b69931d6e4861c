"""A verified backup before anything is touched: dump under one snapshot, manifest, proof by restoring, retention."""
