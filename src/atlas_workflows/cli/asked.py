"""Options of the command line that migration.request declares: bounds and help come from there."""

from typing import Any

import typer

from atlas_workflows.migration.request import phase_fields


def asked(name: str, *declarations: str, **more: Any) -> Any:
    """A typer option for the field `name`; `declarations` spell it otherwise, `more` goes to typer."""
    schema = phase_fields()[name]
    return typer.Option(
        *declarations,
        min=schema.get("minimum"),
        max=schema.get("maximum"),
        help=schema.get("description", schema["title"]),
        **more,
    )


def default_of(name: str) -> Any:
    """What holds where a person says nothing."""
    return phase_fields()[name]["default"]
