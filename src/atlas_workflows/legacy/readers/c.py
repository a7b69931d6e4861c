"""Shape C: actions and conditions, active, org_id."""

from atlas_workflows.legacy.readers.reader import Reader

READER = Reader("C")
