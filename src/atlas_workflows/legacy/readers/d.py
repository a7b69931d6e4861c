"""Shape D: actions and conditions, an enum status."""

from atlas_workflows.legacy.readers.reader import Reader

READER = Reader("D")
