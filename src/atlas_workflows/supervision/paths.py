"""Where the local stack keeps its things under ATLAS_HOME."""

from dataclasses import dataclass
from pathlib import Path

from atlas_workflows.file_modes import ENTERED
from atlas_workflows.settings import Settings

EMBEDDED_PREFIX = "embedded:"
"""A CRM address that names a database on the stack's own server."""


@dataclass(frozen=True, slots=True)
class StackPaths:
    """Folders and files of one stack; `root` is the checkout whose dags and plugins it serves."""

    home: Path
    root: Path

    @staticmethod
    def of(settings: Settings) -> "StackPaths":
        return StackPaths(settings.home, settings.root)

    @property
    def secrets(self) -> Path:
        return self.home / "secrets"

    @property
    def postgres(self) -> Path:
        return self.home / "postgres" / "data"

    @property
    def airflow(self) -> Path:
        return self.home / "airflow"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def reports(self) -> Path:
        return self.home / "reports"

    @property
    def mail(self) -> Path:
        """What the workers of a sample sent: a Maildir."""
        return self.home / "mail"

    @property
    def run(self) -> Path:
        return self.home / "run"

    @property
    def state(self) -> Path:
        return self.run / "state.json"

    @property
    def ports(self) -> Path:
        """The ports used last, tried first at the next start so that bookmarks live on."""
        return self.run / "ports.json"

    @property
    def crm_dsn(self) -> Path:
        """The CRM database the running stack works on; holds a password, mode 0600."""
        return self.secrets / "crm.dsn"

    @property
    def password_file(self) -> Path:
        """For clients of the stack's own PostgreSQL, as libpq reads it; mode 0600."""
        return self.secrets / "pgpass"

    def log_of(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def make(self) -> None:
        """Create the folders; secrets and state are for the owner alone, reports and logs for the group too."""
        self.home.mkdir(parents=True, exist_ok=True)
        for folder in (self.airflow, self.logs, self.reports):
            folder.mkdir(mode=ENTERED, exist_ok=True)
        for folder in (self.secrets, self.run):
            folder.mkdir(mode=0o700, exist_ok=True)
