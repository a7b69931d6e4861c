"""The phases, one file each, exporting PHASE."""
