"""Shape B: workflow_data holds the graph, side tables hold triggers and a query copy of the nodes."""

from atlas_workflows.legacy.source.readers.reader import NODES, SCHEDULES, TRIGGERS, WEBHOOKS, Reader

READER = Reader("B", sides=(TRIGGERS, WEBHOOKS, SCHEDULES, NODES))
