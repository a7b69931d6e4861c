"""Shape C: actions and conditions, active, org_id."""

from atlas_workflows.legacy.source.readers.reader import Reader

READER = Reader("C")
