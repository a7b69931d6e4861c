"""The step groups of phase 4, one file each, exporting PLAN and STEP; this file only collects them.

PLAN (called plan_<file>) looks and writes down what would be; a person may approve; then STEP (called as its file) does it.
A new group edits nothing else.
"""

import sys

from atlas_workflows.migration.step import StepKinds

PLANS = StepKinds(sys.modules[__name__], "plan")
GROUPS = StepKinds(sys.modules[__name__])
