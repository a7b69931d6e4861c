"""How copies of customers' data that killed processes left are told."""

from atlas_workflows.migration.backup.scratch import Abandoned


def left_line(item: Abandoned) -> str:
    """One of them in a line."""
    return (
        f"{item.name}  {item.bytes / 1e6:.0f} MB: a copy of customers' data that a killed process left; the next run, "
        "rollback or backup drops it"
    )
