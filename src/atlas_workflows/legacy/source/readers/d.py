"""Shape D: actions and conditions, an enum status."""

from atlas_workflows.legacy.source.readers.reader import Reader

READER = Reader("D")
