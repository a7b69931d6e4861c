"""The scoring mix (facts, section 7): is_active, actions, and the trigger's type inside trigger_config."""

from atlas_workflows.legacy.source.readers.reader import Reader

READER = Reader("S")
