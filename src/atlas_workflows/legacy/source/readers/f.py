"""Shape F: the coach platform: actions, is_active, execution_count."""

from atlas_workflows.legacy.source.readers.reader import Reader

READER = Reader("F")
