"""Which PostgreSQL client tools to use, and how to call them without a password on the command line."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from atlas_workflows.db.server import server_binaries
from atlas_workflows.errors import BackupError
from atlas_workflows.settings import Settings

EMBEDDED_VERSIONS = (18, 16)
# libpq's environment variable for each connection parameter that can occur in a DSN.
ENVIRONMENT = {
    "host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",
    "dbname": "PGDATABASE", "options": "PGOPTIONS", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "connect_timeout": "PGCONNECT_TIMEOUT",
    "target_session_attrs": "PGTARGETSESSIONATTRS", "channel_binding": "PGCHANNELBINDING", "service": "PGSERVICE",
    "passfile": "PGPASSFILE",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClientTools:
    """A folder with pg_dump and pg_restore of one major version. The embedded ones speak no TLS and only zlib."""

    folder: Path
    major: int
    embedded: bool

    def program(self, name: str) -> str:
        return str(self.folder / name)


@dataclass(frozen=True, slots=True)
class Choice:
    """The tools to use, or why there are none (then the COPY backup does the job)."""

    tools: ClientTools | None
    reason: str


def choose_tools(settings: Settings, server_major: int, *, needs_tls: bool) -> Choice:
    """The oldest pg_dump that is at least as new as the server, from ATLAS_PG_BIN, PATH, else the embedded one.

    What a newer one writes may name settings that the server does not know: 17's first line sets transaction_timeout.
    """
    own = [tools for tools in _installed(settings) if tools.major >= server_major]
    if own:
        best = min(own, key=lambda tools: tools.major)
        return Choice(best, f"pg_dump {best.major} from {best.folder}")
    if needs_tls:
        return Choice(
            None, f"the server demands TLS and no pg_dump {server_major} or newer with TLS was found"
        )
    embedded = [tools for tools in _embedded() if tools.major >= server_major]
    if embedded:
        best = min(embedded, key=lambda tools: tools.major)
        return Choice(best, f"embedded pg_dump {best.major}")
    return Choice(None, f"no pg_dump {server_major} or newer was found")


def demands_tls(dsn: str) -> bool:
    """Whether the server, or the DSN itself, refuses a connection without TLS."""
    if conninfo_to_dict(dsn).get("sslmode") in {"require", "verify-ca", "verify-full"}:
        return True
    try:
        psycopg.connect(make_conninfo(dsn, sslmode="disable", connect_timeout=5)).close()
    except psycopg.OperationalError:
        return True
    return False


def environment(dsn: str) -> dict[str, str]:
    """The process environment with the connection in libpq's variables; the password is in no argument list."""
    parameters = conninfo_to_dict(dsn)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    given = {
        ENVIRONMENT[name]: str(value) for name, value in parameters.items() if name in ENVIRONMENT and value
    }
    return inherited | given | {"PGAPPNAME": "atlas-backup", "PGCLIENTENCODING": "UTF8", "LC_ALL": "C"}


def call(program: str, arguments: list[str], *, dsn: str, doing: str) -> str:
    """Run a client tool; returns its stderr. Raises BackupError with the tool's last words."""
    done = subprocess.run(
        [program, "--no-password", *arguments],
        env=environment(dsn),
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    if done.returncode != 0:
        words = " ".join(done.stderr.strip().splitlines()[-3:])
        raise BackupError(f"{doing} failed: {words}.", remedy=_remedy(words))
    return done.stderr


def _remedy(words: str) -> str:
    if "No space left" in words:
        return "Free disk space (or move ATLAS_HOME to a larger disk) and run the same command again."
    if "row-level security" in words:
        return "Run as a role that policies do not filter: the tables' owner without FORCE, or one with BYPASSRLS."
    if "permission denied" in words:
        return "Grant the migration role SELECT on that object and run the same command again."
    return "Fix this and run the same command again; nothing was changed."


def _installed(settings: Settings) -> list[ClientTools]:
    if settings.pg_bin is not None:
        folders = [settings.pg_bin]
    else:
        found = shutil.which("pg_dump")
        debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        folders = [*([Path(found).parent] if found else []), *debian]
    candidates = (_inspect(folder, embedded=False) for folder in dict.fromkeys(folders))
    return [tools for tools in candidates if tools is not None]


def _embedded() -> list[ClientTools]:
    candidates = (_inspect(server_binaries(version), embedded=True) for version in EMBEDDED_VERSIONS)
    return [tools for tools in candidates if tools is not None]


def _inspect(folder: Path, *, embedded: bool) -> ClientTools | None:
    if not ((folder / "pg_dump").exists() and (folder / "pg_restore").exists()):
        return None
    try:
        text = subprocess.run(
            [str(folder / "pg_dump"), "--version"], capture_output=True, text=True, timeout=30
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"(\d+)(?:\.\d+)?", text)
    return ClientTools(folder, int(match.group(1)), embedded) if match else None
