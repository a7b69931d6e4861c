"""`atlas soak`: the long trials in full (hundreds of kills, size L, every zone); `atlas test` runs a sample of each."""

import typer

from atlas_workflows.cli.test import run_pytest

app = typer.Typer()


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def soak(context: typer.Context) -> None:
    """Run tests/soak with ATLAS_SOAK=1, one at a time and without a time limit; further words go to pytest.

    A file of tests/soak among them runs alone.
    """
    chosen = () if any(word.startswith("tests/") for word in context.args) else ("tests/soak",)
    raise typer.Exit(run_pytest(("-n0", "--timeout=0", *chosen, *context.args), ATLAS_SOAK="1"))
