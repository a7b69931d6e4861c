"""Environment to one frozen Settings; the only reader of os.environ in the product."""

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from atlas_workflows.errors import ConfigurationError

SHOWN_OF_DSN = ("user", "host", "port", "dbname", "service")
UNREADABLE = "(an address that cannot be read)"
ROOT = Path(__file__).resolve().parents[2]
MOST_WORKERS = 64
API_PORT = 8090
MOST_PROXIES = 10
V1_DEPRECATED = date(2026, 12, 1)  # from when on the old application's routes are not to be used any more
V1_SUNSET = date(2027, 6, 30)  # when the old application's routes may go, as their answers announce
LOG_LEVELS = ("debug", "info", "warning", "error")
# All that the product reads, here or in `./atlas` and the DAGs: what looks like one of them and is none is refused.
KNOWN = (
    "ATLAS_PUBLIC_URL", "ATLAS_TRUSTED_PROXIES",
    "ATLAS_ROOT", "ATLAS_HOME", "ATLAS_CRM_DSN", "ATLAS_PG_BIN", "ATLAS_SECRET_KEYS", "ATLAS_SMTP_URL", "ATLAS_SMTP_CLEAR_LOGIN",
    "ATLAS_MAIL_FROM", "ATLAS_EGRESS_ALLOW", "ATLAS_WORKERS", "ATLAS_METRICS_ADDRESS", "ATLAS_METRICS_PORT",
    "ATLAS_LOG_LEVEL", "ATLAS_TRACES_ENDPOINT", "ATLAS_TWILIO_URL", "ATLAS_NOTIFY_TO", "ATLAS_NOTIFY_FROM",
    "ATLAS_API_ADDRESS", "ATLAS_API_PORT", "ATLAS_API_PER_MINUTE", "ATLAS_JWT_ISSUER", "ATLAS_JWT_AUDIENCE",
    "ATLAS_JWT_KEYS_URL", "ATLAS_JWT_ALGORITHMS", "ATLAS_V1_DEPRECATED", "ATLAS_V1_SUNSET", "ATLAS_BASE_URL", "ATLAS_AIRFLOW_URL", "ATLAS_AIRFLOW_USER", "ATLAS_AIRFLOW_PASSWORD",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and which keys are in force. Secrets are kept out of repr."""

    root: Path
    home: Path
    crm_dsn: str | None
    pg_bin: Path | None
    secret_keys: tuple[str, ...]
    smtp_url: str | None = None
    smtp_clear_login: bool = False
    mail_from: str = "atlas@localhost"
    egress_allow: str = ""
    workers: int = 1
    metrics_address: str = "127.0.0.1"
    metrics_port: str = ""
    log_level: str = "info"
    traces_endpoint: str | None = None
    twilio_url: str = "https://api.twilio.com"
    public_url: str | None = None
    trusted_proxies: int = 0
    airflow_url: str | None = None
    airflow_user: str = ""
    airflow_password: str = ""
    api_address: str = "127.0.0.1"
    api_port: int = API_PORT
    api_per_minute: int = 1_000
    jwt_issuer: str = ""
    jwt_audience: str = ""
    jwt_keys_url: str = ""
    jwt_algorithms: str = "RS256,ES256"
    v1_deprecated: date = V1_DEPRECATED
    v1_sunset: date = V1_SUNSET

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
    """Read ATLAS_HOME, ATLAS_CRM_DSN, ATLAS_PG_BIN and ATLAS_SECRET_KEYS (comma-separated Fernet keys, newest first),
    ATLAS_SMTP_URL, ATLAS_SMTP_CLEAR_LOGIN, ATLAS_MAIL_FROM, ATLAS_EGRESS_ALLOW (networks with commas), ATLAS_WORKERS, ATLAS_METRICS_ADDRESS,
    ATLAS_METRICS_PORT, ATLAS_LOG_LEVEL, ATLAS_TRACES_ENDPOINT, ATLAS_TWILIO_URL, ATLAS_AIRFLOW_URL with _USER and _PASSWORD, ATLAS_API_PORT and ATLAS_JWT_ISSUER with their like,
    ATLAS_V1_DEPRECATED and ATLAS_V1_SUNSET (days).

    Where ATLAS_SECRET_KEYS is unset the key file that `./atlas` generated under ATLAS_HOME is used. Raises ConfigurationError
    for a value that is none and for a name that is misspelt.
    """
    env = os.environ if environ is None else environ
    _refuse_misspelt(env)
    root = Path(env.get("ATLAS_ROOT") or ROOT)
    home = Path(env.get("ATLAS_HOME") or root / ".atlas").absolute()
    return Settings(
        root=root,
        home=home,
        crm_dsn=env.get("ATLAS_CRM_DSN") or None,
        pg_bin=Path(env["ATLAS_PG_BIN"]) if env.get("ATLAS_PG_BIN") else None,
        secret_keys=_secret_keys(env.get("ATLAS_SECRET_KEYS"), home),
        smtp_url=env.get("ATLAS_SMTP_URL") or None,
        smtp_clear_login=_allowed("ATLAS_SMTP_CLEAR_LOGIN", env.get("ATLAS_SMTP_CLEAR_LOGIN")),
        mail_from=env.get("ATLAS_MAIL_FROM") or "atlas@localhost",
        egress_allow=env.get("ATLAS_EGRESS_ALLOW") or "",
        workers=_count("ATLAS_WORKERS", env.get("ATLAS_WORKERS"), 1, MOST_WORKERS),
        metrics_address=env.get("ATLAS_METRICS_ADDRESS") or "127.0.0.1",
        metrics_port=env.get("ATLAS_METRICS_PORT") or "",
        log_level=_log_level(env.get("ATLAS_LOG_LEVEL") or "info"),
        traces_endpoint=env.get("ATLAS_TRACES_ENDPOINT") or None,
        twilio_url=env.get("ATLAS_TWILIO_URL") or "https://api.twilio.com",
        public_url=env.get("ATLAS_PUBLIC_URL") or None,
        trusted_proxies=_count("ATLAS_TRUSTED_PROXIES", env.get("ATLAS_TRUSTED_PROXIES"), 0, MOST_PROXIES),
        airflow_url=env.get("ATLAS_AIRFLOW_URL") or None,
        airflow_user=env.get("ATLAS_AIRFLOW_USER") or "",
        airflow_password=env.get("ATLAS_AIRFLOW_PASSWORD") or "",
        **_api(env),
    )


def _api(env: Mapping[str, str]) -> dict[str, Any]:
    """How the API is served, and which identity provider it believes."""
    return {
        "api_address": env.get("ATLAS_API_ADDRESS") or "127.0.0.1",
        "api_port": _count("ATLAS_API_PORT", env.get("ATLAS_API_PORT"), API_PORT, 65_535),
        "api_per_minute": _count(
            "ATLAS_API_PER_MINUTE", env.get("ATLAS_API_PER_MINUTE"), 1_000, 1_000_000, least=1
        ),
        "jwt_issuer": env.get("ATLAS_JWT_ISSUER") or "",
        "jwt_audience": env.get("ATLAS_JWT_AUDIENCE") or "",
        "jwt_keys_url": env.get("ATLAS_JWT_KEYS_URL") or "",
        "jwt_algorithms": env.get("ATLAS_JWT_ALGORITHMS") or "RS256,ES256",
        "v1_deprecated": _day("ATLAS_V1_DEPRECATED", env.get("ATLAS_V1_DEPRECATED"), V1_DEPRECATED),
        "v1_sunset": _day("ATLAS_V1_SUNSET", env.get("ATLAS_V1_SUNSET"), V1_SUNSET),
    }


def _refuse_misspelt(env: Mapping[str, str]) -> None:
    """Only what is close to a setting of ours: others may have variables that begin like ours."""
    for name in sorted(env):
        if not name.upper().startswith("ATLAS_") or name in KNOWN:
            continue
        meant = difflib.get_close_matches(name.upper(), KNOWN, 1, cutoff=0.85)
        if meant:
            raise ConfigurationError(
                f"The environment has {name}, which is no setting.", remedy=f"Write {meant[0]}, or unset it."
            )


def _count(name: str, given: str | None, default: int, most: int, *, least: int = 0) -> int:
    if not given:
        return default
    if not given.isdecimal() or not least <= int(given) <= most:
        raise ConfigurationError(
            f"{name} is {given!r}.", remedy=f"Set it to a number from {least} to {most}."
        )
    return int(given)


def _day(name: str, given: str | None, default: date) -> date:
    try:
        return date.fromisoformat(given) if given else default
    except ValueError:
        raise ConfigurationError(
            f"{name} is {given!r}.", remedy="Set it to a day, such as 2027-06-30."
        ) from None


def _allowed(name: str, given: str | None) -> bool:
    """Only in so many words: what is less safe than the default is not switched on by a slip."""
    if given and given != "allow":
        raise ConfigurationError(f"{name} is {given!r}.", remedy="Set it to allow, or unset it.")
    return given == "allow"


def _log_level(given: str) -> str:
    if given.lower() not in LOG_LEVELS:
        raise ConfigurationError(
            f"ATLAS_LOG_LEVEL is {given!r}.", remedy=f"Set it to one of {', '.join(LOG_LEVELS)}."
        )
    return given.lower()


def masked_dsn(dsn: str | None) -> str:
    """Who, where and which database, fit for logs; of all else in a DSN nothing is shown, and of one misread nothing."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    if not dsn:
        return "(none)"
    try:
        read = conninfo_to_dict(dsn)
    except ProgrammingError:
        return UNREADABLE
    parts = {name: str(value) for name, value in read.items() if name in SHOWN_OF_DSN and value}
    # An @ or a / of the password that is not written as %40 or %2F: part of it is taken for host, port or database.
    if any("@" in parts.get(name, "") for name in ("host", "port", "dbname")):
        return UNREADABLE
    if "://" not in dsn:
        return " ".join(f"{name}={value}" for name, value in parts.items())
    user, port = parts.get("user"), parts.get("port")
    where = f"{user + '@' if user else ''}{parts.get('host', '')}{':' + port if port else ''}"
    return f"{dsn.partition('://')[0]}://{where}/{parts.get('dbname', '')}"


def _secret_keys(given: str | None, home: Path) -> tuple[str, ...]:
    key_file = home / "secrets" / "fernet.key"
    text = given if given else key_file.read_text() if key_file.is_file() else ""
    return tuple(key.strip() for key in text.replace("\n", ",").split(",") if key.strip())
