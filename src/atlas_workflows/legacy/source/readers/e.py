"""Shape E: actions; the trigger's settings are in trigger_conditions."""

from atlas_workflows.legacy.source.readers.reader import Reader

READER = Reader("E")
