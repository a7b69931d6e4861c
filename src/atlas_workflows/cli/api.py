"""`atlas api client`: typed clients of the HTTP API, out of its own OpenAPI document."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from atlas_workflows.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Generate typed clients of the HTTP API.")


class Language(StrEnum):
    """What clients are generated in."""

    PYTHON = "python"
    TYPESCRIPT = "typescript"


@app.callback()
def api() -> None:
    """Generate typed clients of the HTTP API."""


@app.command()
def client(
    language: Annotated[Language, typer.Argument(help="python or typescript.")],
    to: Annotated[
        Path, typer.Option(metavar="FOLDER", help="A new folder, or that of a client generated before.")
    ],
) -> None:
    """Generate a client of this version's API into a folder: a function per route, types for what goes in and comes out.

    No server is asked. The generators come with the extra `clients` (a checkout has them); the one for TypeScript is
    fetched by npm once, as pinned.
    """
    from atlas_workflows.api.clients.folder import fresh_folder
    from atlas_workflows.api.clients.python_client import make_python
    from atlas_workflows.api.clients.typescript_client import make_typescript
    from atlas_workflows.api.reference import served_document

    with fresh_folder(to.absolute()) as folder:
        if language is Language.PYTHON:
            make_python(served_document(), folder)
        else:
            make_typescript(served_document(), folder, load_settings().home)
    print(f"The {language} client is in {to}.")
