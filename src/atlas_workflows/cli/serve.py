"""`atlas serve`: the HTTP API in a process of its own."""

from typing import Annotated

import typer

from atlas_workflows.cli.worker import log_as_json
from atlas_workflows.phase_starts import PhaseStarts
from atlas_workflows.settings import load_settings

app = typer.Typer()


@app.command()
def serve(
    dsn: Annotated[str | None, typer.Option(help="CRM database; ATLAS_CRM_DSN where left out.")] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; ATLAS_API_ADDRESS where left out, else 127.0.0.1.")
    ] = "",
    port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="ATLAS_API_PORT where left out, else 8090.")
    ] = None,
    wait: Annotated[
        bool,
        typer.Option(
            "--wait", help="Answer 503 while the database or schema atlas is away instead of ending."
        ),
    ] = False,
) -> None:
    """Serve the HTTP API below /atlas/api/v2 until SIGTERM or SIGINT; what is in hand then is answered.

    /health says whether it can answer, /openapi.json what it is. Everything else needs an API key (`atlas api-key create`)
    or a token of the identity provider that ATLAS_JWT_ISSUER, ATLAS_JWT_AUDIENCE and ATLAS_JWT_KEYS_URL name.
    """
    from atlas_workflows.api import serving
    from atlas_workflows.wiring import old_format

    settings = load_settings()
    log_as_json(settings.log_level)
    if not wait:
        serving.require_ready(dsn or settings.require_crm_dsn())
    address = host or settings.api_address
    phases = PhaseStarts(load_settings)
    application = serving.build(settings, lambda: dsn or settings.require_crm_dsn(), phases, old_format())
    serving.serve(application, address, port or settings.api_port)
