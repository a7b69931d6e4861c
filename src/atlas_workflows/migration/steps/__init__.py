"""The step kinds, one file each, exporting STEP; this file only collects them. A new kind edits nothing else."""

import sys

from atlas_workflows.migration.step import StepKinds

STEP_KINDS = StepKinds(sys.modules[__name__])
