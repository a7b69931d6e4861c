"""Every class of dirt and every alias of the legacy data, one file per kind, each exporting SPECIMENS and CLASSES."""
