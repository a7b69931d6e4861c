"""The old engines: executes a workflow in the old format, as it is, and says what they would have done. Pure; knows no translation."""
