"""The CRM database that the local stack works on: somebody's own, or a sample on the stack's own server."""

from urllib.parse import quote

from atlas_workflows.db.server import SUPERUSER, EmbeddedServer
from atlas_workflows.supervision.paths import EMBEDDED_PREFIX, StackPaths
from atlas_workflows.supervision.secret_files import write_private


def resolved_crm_dsn(paths: StackPaths, server: EmbeddedServer) -> str | None:
    """The CRM's address; `embedded:NAME` means a database on our own server, whose port may change."""
    noted = paths.crm_dsn.read_text() if paths.crm_dsn.is_file() else None
    if noted and noted.startswith(EMBEDDED_PREFIX):
        return server.dsn(noted.removeprefix(EMBEDDED_PREFIX))
    return noted


def is_sample(paths: StackPaths) -> bool:
    """Whether the CRM is on our own server: nobody's data but a sample's, whose people nobody may write to."""
    return paths.crm_dsn.is_file() and paths.crm_dsn.read_text().startswith(EMBEDDED_PREFIX)


def keep_password_file(paths: StackPaths, server: EmbeddedServer) -> None:
    """What lets whoever sits at this machine reach our own server, without a password in an address."""
    write_private(paths.password_file, f"127.0.0.1:*:*:{SUPERUSER}:{server.password}\n")


def address_of_sample(paths: StackPaths, port: int | None) -> str | None:
    """An address of the sample that every client of PostgreSQL takes as it is, ours included; None where there is none."""
    if port is None or not is_sample(paths):
        return None
    name = paths.crm_dsn.read_text().removeprefix(EMBEDDED_PREFIX)
    return f"postgresql://{SUPERUSER}@127.0.0.1:{port}/{name}?passfile={quote(str(paths.password_file))}"
