"""Environment to one frozen Settings; the only reader of os.environ in the product."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from atlas_workflows.errors import ConfigurationError

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and which keys are in force. Secrets are kept out of repr."""

    root: Path
    home: Path
    crm_dsn: str | None
    pg_bin: Path | None
    secret_keys: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Settings(root={self.root}, home={self.home}, crm={masked_dsn(self.crm_dsn)})"

    @property
    def include_sql(self) -> Path:
        return self.root / "include" / "sql"

    @property
    def expectations(self) -> Path:
        return self.root / "expectations"

    def require_crm_dsn(self) -> str:
        if self.crm_dsn is None:
            raise ConfigurationError(
                "No CRM database is named.", remedy="Give --dsn, or set ATLAS_CRM_DSN (postgresql://…)."
            )
        return self.crm_dsn


def load_settings(environ: dict[str, str] | None = None) -> Settings:
    """Read ATLAS_HOME, ATLAS_CRM_DSN, ATLAS_PG_BIN and ATLAS_SECRET_KEYS (comma-separated Fernet keys, newest first).

    Where ATLAS_SECRET_KEYS is unset the key file that `./atlas` generated under ATLAS_HOME is used.
    """
    env = os.environ if environ is None else environ
    root = Path(env.get("ATLAS_ROOT") or ROOT)
    home = Path(env.get("ATLAS_HOME") or root / ".atlas").absolute()
    return Settings(
        root=root,
        home=home,
        crm_dsn=env.get("ATLAS_CRM_DSN") or None,
        pg_bin=Path(env["ATLAS_PG_BIN"]) if env.get("ATLAS_PG_BIN") else None,
        secret_keys=_secret_keys(env.get("ATLAS_SECRET_KEYS"), home),
    )


def masked_dsn(dsn: str | None) -> str:
    """The DSN without its password, fit for logs."""
    if not dsn:
        return "(none)"
    if "://" not in dsn:
        return " ".join(part for part in dsn.split() if not part.lower().startswith("password="))
    parts = urlsplit(dsn)
    host = parts.netloc.rpartition("@")[2]
    user = parts.username or ""
    return f"{parts.scheme}://{user + '@' if user else ''}{host}{parts.path}"


def _secret_keys(given: str | None, home: Path) -> tuple[str, ...]:
    key_file = home / "secrets" / "fernet.key"
    text = given if given else key_file.read_text() if key_file.is_file() else ""
    return tuple(key.strip() for key in text.replace("\n", ",").split(",") if key.strip())
