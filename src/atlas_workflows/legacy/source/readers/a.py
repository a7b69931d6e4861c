"""Shape A: the builder's columns nodes, edges, variables; the organization came later, if at all."""

from atlas_workflows.legacy.source.readers.reader import Reader

READER = Reader("A")
